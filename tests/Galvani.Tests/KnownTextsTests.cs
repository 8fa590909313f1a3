using System.Text;

namespace Galvani.Tests;

public sealed class KnownTextsTests
{
    [Fact]
    public void TryGetId_ManyTexts_GivesTheIdThatWasKeptOrNone()
    {
        var known = new KnownTexts();
        for (var number = 0; number < 5_000; number++)
        {
            var text = Encoding.UTF8.GetBytes(new string((char)('a' + number % 3), number % 40) + number % 97);
            var expected = Encoding.UTF8.GetString(text).GetHashCode(StringComparison.Ordinal);
            if (known.TryGetId(text, out var id))
                Assert.Equal(expected, id);
            known.Keep(text, expected);
            Assert.Equal(text.Length <= 32, known.TryGetId(text, out id) && id == expected);
        }

        Assert.False(known.TryGetId([], out _));
    }

    [Fact]
    public void TryGetId_SameFewTextsAgainAndAgain_AreFound()
    {
        var known = new KnownTexts();
        byte[][] texts = [[.. "الله"u8], [.. "عليه"u8], [.. "وسلمصلى"u8]];
        for (var id = 0; id < texts.Length; id++)
            known.Keep(texts[id], id);
        Assert.All(texts, text => Assert.True(known.TryGetId(text, out _)));
    }
}
