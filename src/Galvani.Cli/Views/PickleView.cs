using System.Globalization;
using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;
using Galvani.Cli.Output;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --pickle</c>: the opcodes with their offsets, as pickletools lists them.</summary>
internal static class PickleView
{
    public static void WriteText(TextWriter output, Checkpoint checkpoint)
    {
        foreach (var instruction in PickleDisassembler.Disassemble(checkpoint.ReadPickle(), checkpoint.FilePath, checkpoint.PickleEntry))
        {
            output.Write(instruction.ByteOffset.ToString(CultureInfo.InvariantCulture).PadLeft(8));
            output.Write($": {instruction.Opcode,-16} {PlainText.Visible(instruction.Argument)}".TrimEnd() + "\n");
        }
    }

    public static void WriteJson(JsonText json, Checkpoint checkpoint)
    {
        json.BeginArray();
        foreach (var instruction in PickleDisassembler.Disassemble(checkpoint.ReadPickle(), checkpoint.FilePath, checkpoint.PickleEntry))
            json.BeginObject().Name("byteOffset").Number(instruction.ByteOffset).Name("opcode").Text(instruction.Opcode).Name("argument").Text(instruction.Argument).EndObject();
        json.EndArray();
    }
}
