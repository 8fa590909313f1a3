using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Writing;

internal sealed partial class PickleWriter
{
    private void SaveInteger(BigInteger value)
    {
        if (value >= 0 && value <= byte.MaxValue)
        {
            Op(PickleOpcode.BinInt1);
            output.WriteByte((byte)value);
        }
        else if (value >= int.MinValue && value <= int.MaxValue)
        {
            Cost.Leaf();
            Op(PickleOpcode.BinInt);
            Int32((int)value);
        }
        else
        {
            var bytes = value.ToByteArray();
            Cost.LongInteger(bytes.Length);
            Op(bytes.Length <= byte.MaxValue ? PickleOpcode.Long1 : PickleOpcode.Long4);
            if (bytes.Length <= byte.MaxValue)
                output.WriteByte((byte)bytes.Length);
            else
                Int32(bytes.Length);
            output.Write(bytes);
        }
    }

    private void SaveDouble(double value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, value);
        Cost.Leaf();
        Op(PickleOpcode.BinFloat);
        output.Write(bytes);
    }

    private void SaveText(string text)
    {
        if (textMemo.TryGetValue(text, out var known))
            Recall(known);
        else
            textMemo[text] = SaveNewText(text);
    }

    private int SaveNewText(string text)
    {
        var bytes = SurrogateUtf8.GetBytes(text);
        Cost.Leaf(bytes.Length);
        Op(PickleOpcode.BinUnicode);
        Int32(bytes.Length);
        output.Write(bytes);
        return Put();
    }

    /// <summary>Protocol 2 has no bytes: Python writes <c>_codecs.encode(text, 'latin1')</c>, and a <c>bytearray</c> of that.</summary>
    private void SaveBytes(PickleBytes bytes)
    {
        var isArray = bytes.TypeName == PickleBytes.ByteArray;
        if (isArray)
            SaveGlobal("builtins." + PickleBytes.ByteArray);
        SaveGlobal(PickleGlobals.CodecsEncode);
        SaveText(Encoding.Latin1.GetString(bytes.Value.Span));
        SaveText("latin1");
        Op(PickleOpcode.Tuple2);
        Op(PickleOpcode.Reduce);
        Cost.Container();
        Cost.Leaf(bytes.Value.Length);
        if (isArray)
        {
            Op(PickleOpcode.Tuple1);
            Op(PickleOpcode.Reduce);
            Cost.Container();
        }

        Remember(bytes);
    }

    private void SaveGlobal(string name) => SaveGlobal(name, Math.Max(name.LastIndexOf('.'), 0));

    private void SaveGlobal(string name, int moduleLength)
    {
        if (globalMemo.TryGetValue((name, moduleLength), out var known))
        {
            Recall(known);
            return;
        }

        Cost.Global(name);
        var module = name[..moduleLength];
        var nameInModule = moduleLength == 0 ? name : name[(moduleLength + 1)..];
        if (moduleLength > 0 && nameInModule.Contains('.', StringComparison.Ordinal))
        {
            SaveNestedGlobal(module, nameInModule);
        }
        else
        {
            Op(PickleOpcode.Global);
            output.Write(Encoding.UTF8.GetBytes($"{Python2Module(module)}\n{nameInModule}\n"));
        }

        globalMemo[(name, moduleLength)] = Put();
    }

    /// <summary>What is nested in a class has dots in its name. Python follows them from protocol 4 on, which a pickle may say of a part of itself.</summary>
    private void SaveNestedGlobal(string module, string name)
    {
        Protocol(4);
        SaveText(module);
        SaveText(name);
        Op(PickleOpcode.StackGlobal);
        Protocol(2);
    }

    private static string Python2Module(string module) => module == "builtins" ? "__builtin__" : module;
}
