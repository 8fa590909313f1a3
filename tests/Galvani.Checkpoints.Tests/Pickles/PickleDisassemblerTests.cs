using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Tests.Pickles;

public sealed class PickleDisassemblerTests
{
    [Theory]
    [InlineData("tree")]
    [InlineData("tree-protocol3")]
    [InlineData("tree-protocol4")]
    [InlineData("tree-protocol5")]
    [InlineData("dtypes")]
    [InlineData("whole-module")]
    public void Disassemble_FileOfTorch_HasTheOpcodesOfPickletools(string name)
    {
        Requirement.Torch();
        var file = Repository.Golden("containers", name + ".pt");
        using var checkpoint = Checkpoint.Open(file);
        var script = $"""
            import pickletools, zipfile
            archive = zipfile.ZipFile({PickleText.Quote(file.AsSpan())})
            entry = [x for x in archive.namelist() if x.endswith('data.pkl')][0]
            for opcode, argument, position in pickletools.genops(archive.read(entry)):
                print(position, opcode.name, repr(argument) if isinstance(argument, (str, bytes)) and opcode.name != 'GLOBAL' else '' if argument is None else argument)
            """;
        var expected = PythonScript.Run(script).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.TrimEnd()).ToList();
        var actual = PickleDisassembler.Disassemble(checkpoint.ReadPickle(), file, checkpoint.PickleEntry)
            .Select(instruction => $"{instruction.ByteOffset} {instruction.Opcode} {instruction.Argument}".TrimEnd()).ToList();
        Assert.Equal(expected.Count, actual.Count);
        for (var i = 0; i < actual.Count; i++)
        {
            // Floats: Python writes 2.0 where we write 2.
            if (!actual[i].Contains("BINFLOAT", StringComparison.Ordinal) && !actual[i].Contains('…', StringComparison.Ordinal))
                Assert.Equal(expected[i], actual[i]);
        }
    }

    [Fact]
    public void Disassemble_BrokenPickle_GivesWhatCameBefore()
    {
        var seen = new List<string>();
        var exception = Assert.Throws<CheckpointFormatException>(() =>
        {
            foreach (var instruction in PickleDisassembler.Disassemble(new byte[] { 0x80, 2, (byte)'}', (byte)'X', 200, 0, 0, 0 }, "file", "data.pkl"))
                seen.Add(instruction.Opcode);
        });
        Assert.Equal(["PROTO", "EMPTY_DICT"], seen);
        Assert.Equal("data.pkl", exception.Entry);
    }

    [Fact]
    public void Disassemble_ControlCharacters_AreEscaped()
    {
        var instruction = PickleDisassembler.Disassemble("\u0080\u0002c\u001b[31mos\nsy\tstem\nU\u0003a\u0007'."u8.ToArray().AsMemory(1), "file", "data.pkl").ToList();
        Assert.All(instruction, item => Assert.DoesNotContain(item.Argument, character => char.IsControl(character)));
    }
}
