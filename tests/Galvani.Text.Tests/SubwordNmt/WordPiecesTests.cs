using System.Buffers;
using System.Globalization;
using System.Text;

namespace Galvani.Text.Tests.SubwordNmt;

/// <summary>Words of any length, cut window by window: the pieces of the algorithm as apply_bpe.py writes it down.</summary>
public sealed class WordPiecesTests
{
    private static readonly string[] Alphabets = ["ab", "abc", "aаé", "a\uFFFD", "</w>", "abcdefgh", "𝄞a"];

    [Theory]
    [InlineData("#version: 0.2\n")]
    [InlineData("#version: 0.1\n")]
    public void EncodeTo_RandomCodesAndWords_EqualsTheDefinition(string version)
    {
        var random = new Random(3);
        for (var round = 0; round < 250; round++)
        {
            var alphabet = Alphabets[round % Alphabets.Length];
            var merges = RandomMerges(random, Characters(alphabet), count: random.Next(1, 60));
            var model = SubwordNmtModel.Load(Encoding.UTF8.GetBytes(version + string.Join('\n', merges.Select(merge => $"{merge.Left} {merge.Right}"))), "codes");
            for (var i = 0; i < 12; i++)
            {
                var utf8 = RandomWord(random, Characters(alphabet), length: i == 0 ? 1 : random.Next(1, 400));
                var expected = Define(Characters(utf8), merges, endIsOwnSymbol: version.Contains("0.1", StringComparison.Ordinal));
                foreach (var windowBytes in (int[])[1 << 16, random.Next(4, 12), random.Next(4, 90)])
                    AssertSame(expected, Encode(model, utf8, windowBytes), version, merges, utf8, windowBytes);
            }
        }
    }

    [Fact]
    public void EncodeTo_RestrictedInSmallWindows_EqualsEncode()
    {
        var model = SubwordNmtModel.Load(Repository.Golden("bpe", "codes.txt")).WithVocabulary(Repository.Golden("bpe", "vocabulary.txt"), threshold: 50);
        var random = new Random(4);
        foreach (var text in GoldenLines.Texts.Take(300))
        {
            var utf8 = Encoding.UTF8.GetBytes(text.Replace(" ", "", StringComparison.Ordinal));
            var (whole, parts) = (model.Encode(utf8), Encode(model, utf8, windowBytes: random.Next(4, 60)));
            Assert.Equal(whole.Pieces, parts.Pieces);
            Assert.Equal(whole.Offsets, parts.Offsets);
        }
    }

    /// <summary>Codes whose pieces have no largest length: nothing is sure before the word's end.</summary>
    [Fact]
    public void EncodeTo_MergesThatDoubleWithoutEnd_AreMadeInWindowsThatGrow()
    {
        var codes = string.Join('\n', Enumerable.Range(0, 16).Select(power => $"{new string('a', 1 << power)} {new string('a', 1 << power)}"));
        var model = SubwordNmtModel.Load(Encoding.UTF8.GetBytes("#version: 0.2\n" + codes), "codes");
        var encoded = Encode(model, Encoding.UTF8.GetBytes(new string('a', 1 << 16) + "ab"), windowBytes: 16);
        Assert.Equal([1 << 16, 1, 1], encoded.Offsets.Select(range => range.End - range.Start));
    }

    /// <summary>Codes as usual as these left a run of one letter open until its end: the symbol in front of the border may be merged with one letter, but more than one is there already, or with letters that another follows.</summary>
    [Theory]
    [InlineData(". .|.. .|.. ..|.... .")]
    [InlineData(". .|. -|.. -|.. ..-")]
    [InlineData(". .|.. ..|.... ....|........ ........|................ ................|................ ...............-")]
    public void EncodeTo_LongRunOfOneLetter_IsCutWindowByWindow(string merges)
    {
        var model = SubwordNmtModel.Load(Encoding.UTF8.GetBytes("#version: 0.2\n" + merges.Replace('|', '\n')), "codes");
        var word = new byte[4_000_000];
        word.AsSpan().Fill((byte)'.');
        var before = GC.GetAllocatedBytesForCurrentThread();
        model.EncodeTo(word, new Collector { Most = 1 }, TestContext.Current.CancellationToken);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, word.Length);
    }

    /// <summary>Each pair comes before the one in front of it: whether that is merged depends on the end of the chain.</summary>
    [Fact]
    public void EncodeTo_NothingSureInMegabytes_IsOneClearError()
    {
        const int Links = 200_000;
        var many = new string('x', 20);
        var codes = new StringBuilder("#version: 0.2\nx x\nxx xx\nxxxx xxxx\nxxxxxxxx xxxxxxxx\nxxxxxxxxxxxxxxxx xxxx\n");
        string[] links = [.. Enumerable.Range(0, Links).Select(i => many + new Rune(0x20000 + i))];
        foreach (var link in links)
            codes.Append(many).Append(' ').Append(link, many.Length, 2).Append('\n');
        for (var i = Links - 2; i >= 0; i--)
            codes.Append(links[i]).Append(' ').Append(links[i + 1]).Append('\n');
        var model = SubwordNmtModel.Load(Encoding.UTF8.GetBytes(codes.ToString()), "codes");
        var word = Encoding.UTF8.GetBytes(string.Concat(links) + string.Concat(links));
        var exception = Assert.Throws<ArgumentException>(() => model.EncodeTo(word, new Collector(), TestContext.Current.CancellationToken));
        Assert.StartsWith("Of 41943", exception.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            " bytes of a word it is open where they are cut while its end is not seen, expected at most 2097152 under a tokenizer's pieces: put spaces into the word, or use another tokenizer.",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void EncodeTo_ReceiverHasEnough_GetsNoMore(int most)
    {
        var model = SubwordNmtModel.Load(Repository.Golden("bpe", "codes.txt"));
        var collector = new Collector { Most = most };
        model.EncodeTo(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("переменная", 500))), collector, windowBytes: 40, TestContext.Current.CancellationToken);
        Assert.Equal(Math.Max(1, most), collector.Pieces.Count);
    }

    /// <summary>Pairs of symbols that follow each other in number: a hash made of both numbers would be the same for half of them.</summary>
    [Fact]
    public void Load_VeryManyPairsOfNeighbouringSymbols_TakesOnePass()
    {
        var codes = new StringBuilder("#version: 0.2\n");
        for (var merge = 0; merge < 400_000; merge++)
            codes.Append(CultureInfo.InvariantCulture, $"x{merge} y{merge}\n");
        Assert.Equal(400_000, SubwordNmtModel.Load(Encoding.ASCII.GetBytes(codes.ToString()), "codes").MergeCount);
    }

    private static Collector Encode(SubwordNmtModel model, byte[] utf8, int windowBytes)
    {
        var collector = new Collector();
        model.EncodeTo(utf8, collector, windowBytes, TestContext.Current.CancellationToken);
        return collector;
    }

    private static void AssertSame(List<string> expected, Collector actual, string version, List<(string Left, string Right)> merges, byte[] utf8, int windowBytes)
    {
        LazyAssert.True(
            expected.SequenceEqual(actual.Pieces),
            $"{version}{string.Join(", ", merges)}; {Encoding.UTF8.GetString(utf8)} in windows of {windowBytes}: expected {string.Join(' ', expected)}, got {string.Join(' ', actual.Pieces)}");
        var position = 0;
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(position, actual.Offsets[i].Start);
            position = actual.Offsets[i].End;
            var separator = i < expected.Count - 1 ? "@@" : "";
            Assert.Equal(expected[i], string.Concat(Characters(utf8[actual.Offsets[i].Start..position])) + separator);
        }

        Assert.Equal(utf8.Length, position);
    }

    // Each side is a character or what an earlier merge made, now and then with the end of the word: so that merges build on one another.
    private static List<(string Left, string Right)> RandomMerges(Random random, List<string> characters, int count)
    {
        var (symbols, merges) = (new List<string>(characters), new List<(string, string)>());
        for (var i = 0; i < count; i++)
        {
            var (left, right) = (symbols[random.Next(symbols.Count)], symbols[random.Next(symbols.Count)]);
            if (left.Length + right.Length > 40 || left.EndsWith("</w>", StringComparison.Ordinal))
                continue;
            right += random.Next(5) == 0 && !right.EndsWith("</w>", StringComparison.Ordinal) ? "</w>" : "";
            merges.Add((left, right));
            symbols.Add(left + right);
        }

        if (merges.Count == 0)
            merges.Add((characters[0], characters[^1]));
        for (var i = merges.Count - 1; i > 0; i--) // the order of use is not that of making
        {
            var other = random.Next(5) > 0 ? i : random.Next(i + 1);
            (merges[i], merges[other]) = (merges[other], merges[i]);
        }

        return merges;
    }

    private static byte[] RandomWord(Random random, List<string> characters, int length)
    {
        var bytes = new List<byte>();
        for (var i = 0; i < length; i++)
        {
            var repeats = random.Next(30) == 0 ? random.Next(40) : 1;
            var character = Encoding.UTF8.GetBytes(characters[random.Next(characters.Count)]);
            for (var repeat = 0; repeat < repeats; repeat++)
                bytes.AddRange(random.Next(200) == 0 ? [(byte)random.Next(0x80, 0x100)] : character);
        }

        return bytes.Count == 0 ? [(byte)'a'] : [.. bytes];
    }

    private static List<string> Characters(string text) => [.. text.EnumerateRunes().Select(rune => rune.ToString())];

    /// <summary>Characters of text in which each broken byte is one.</summary>
    private static List<string> Characters(byte[] utf8)
    {
        var characters = new List<string>();
        for (var position = 0; position < utf8.Length;)
        {
            var isValid = Rune.DecodeFromUtf8(utf8.AsSpan(position), out var character, out var length) == OperationStatus.Done;
            characters.Add(character.ToString());
            position += isValid ? length : 1;
        }

        return characters;
    }

    /// <summary>The algorithm as apply_bpe.py writes it down: all occurrences of the best pair, from left to right, until no pair has a merge.</summary>
    private static List<string> Define(List<string> word, List<(string Left, string Right)> merges, bool endIsOwnSymbol)
    {
        if (word.Count == 1)
            return word;
        var ranks = new Dictionary<(string, string), int>();
        for (var rank = 0; rank < merges.Count; rank++)
            ranks.TryAdd(merges[rank], rank);
        word = endIsOwnSymbol ? [.. word, "</w>"] : [.. word.SkipLast(1), word[^1] + "</w>"];
        while (word.Count > 1)
        {
            var best = word.Zip(word.Skip(1)).MinBy(pair => ranks.GetValueOrDefault(pair, int.MaxValue));
            if (!ranks.ContainsKey(best))
                break;
            var merged = new List<string>();
            for (var i = 0; i < word.Count; i++)
            {
                var isPair = i + 1 < word.Count && (word[i], word[i + 1]) == best;
                merged.Add(isPair ? word[i] + word[++i] : word[i]);
            }

            word = merged;
        }

        if (word[^1] == "</w>")
            word.RemoveAt(word.Count - 1);
        else
            word[^1] = word[^1][..^"</w>".Length];
        return [.. word.Select((piece, index) => index < word.Count - 1 ? piece + "@@" : piece)];
    }

    private sealed class Collector : IPieceReceiver
    {
        public int Most { get; init; } = int.MaxValue;

        public List<string> Pieces { get; } = [];

        public List<TextRange> Offsets { get; } = [];

        public bool Add(int id, ReadOnlySpan<byte> utf8, TextRange range)
        {
            Pieces.Add(Encoding.UTF8.GetString(utf8));
            Offsets.Add(range);
            return Pieces.Count < Most;
        }

        public bool Extend(ReadOnlySpan<byte> utf8, int rangeEnd) => throw new NotSupportedException();
    }
}
