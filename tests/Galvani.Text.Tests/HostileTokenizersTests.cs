using Galvani.Testing.Hostile;

namespace Galvani.Text.Tests;

/// <summary>The corpus of <c>tests/Hostile/tokenizers</c>: one clear error with the place, or a tokenizer that works.</summary>
public sealed class HostileTokenizersTests
{
    private const long MostBytes = 50L << 20;

    public static TheoryData<string> Names => [.. HostileCorpus.Tokenizers.Select(trick => trick.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Open_HostileTokenizer_GivesOneClearErrorOrWorks(string name)
    {
        var trick = HostileCorpus.Tokenizers.Single(trick => trick.Name == name);
        Assert.Equal(trick.Bytes, HostileCorpus.BytesOf(name));
        var path = HostileCorpus.PathOf(name);
        var before = GC.GetAllocatedBytesForCurrentThread();
        if (trick.Error is null)
        {
            var tokenizer = Tokenizer.Open(path);
            var text = new string('a', 3000) + " ab\0 \u001b é";
            Assert.NotEmpty(tokenizer.DecodePieces(tokenizer.Encode(text).Pieces));
        }
        else
        {
            var exception = Assert.Throws<TokenizerFormatException>(() => Tokenizer.Open(path));
            Assert.Contains(trick.Error, exception.Message, StringComparison.Ordinal);
            Assert.Contains($"{path}: byte {exception.ByteOffset}", exception.Message, StringComparison.Ordinal);
            Assert.Equal(path, exception.Path);
            Assert.InRange(exception.ByteOffset, 0, trick.Bytes.Length);
            Assert.DoesNotContain(exception.Message, character => char.IsControl(character));
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostBytes);
    }
}
