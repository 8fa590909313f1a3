using System.Text;

namespace Galvani.Text.Tests;

public sealed class SentencePieceModelTests
{
    public static TheoryData<string> Models => GoldenLines.Models;

    [Theory]
    [MemberData(nameof(Models))]
    public void EncodeIds_GoldenLines_EqualsReference(string name)
    {
        var model = GoldenLines.Load(name);
        var workspace = new SentencePieceWorkspace();
        var differences = new List<string>();
        var index = 0;
        foreach (var (expected, _) in GoldenLines.Expected(name))
        {
            var text = GoldenLines.Texts[index++];
            var ids = model.EncodeIds(Encoding.UTF8.GetBytes(text), workspace);
            if (!ids.SequenceEqual(expected))
                differences.Add($"{text}: expected {string.Join(' ', expected)}, got {string.Join(' ', ids.ToArray())}");
        }

        Assert.Equal(7679, index);
        Assert.True(differences.Count == 0, $"{differences.Count} lines differ; the first: {differences.FirstOrDefault()}");
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Decode_GoldenIds_EqualsReference(string name)
    {
        var model = GoldenLines.Load(name);
        foreach (var (ids, decoded) in GoldenLines.Expected(name))
            Assert.Equal(decoded, model.Decode(ids));
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Encode_GoldenLines_AgreesWithEncodeIdsAndDecodes(string name)
    {
        var model = GoldenLines.Load(name);
        var index = 0;
        foreach (var (ids, _) in GoldenLines.Expected(name))
        {
            var utf8 = Encoding.UTF8.GetBytes(GoldenLines.Texts[index++]);
            var text = model.Encode(utf8);
            Assert.Equal(ids, text.Ids);
            var end = 0;
            for (var i = 0; i < ids.Length; i++)
            {
                Assert.True(ids[i] == model.UnknownId || model.PieceAt(ids[i]) == text.Pieces[i]);
                Assert.InRange(text.Offsets[i].Start, end, text.Offsets[i].End);
                end = text.Offsets[i].End;
                Assert.InRange(end, 0, utf8.Length);
            }
        }
    }
}
