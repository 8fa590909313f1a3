using System.Text;
using static Galvani.Testing.MapUnits;

namespace Galvani.Text.Tests.SentencePiece;

/// <summary>Model files that are broken on purpose: each gives one clear error with path and byte offset, at once.</summary>
public sealed class HostileModelTests
{
    private const string Name = "hostile.model";

    public static TheoryData<string, string> Broken => new()
    {
        { "no bytes at all", "no pieces" },
        { "no pieces", "no pieces" },
        { "no unknown piece", "No piece is of the unknown type" },
        { "two unknown pieces", "both of the unknown type" },
        { "empty piece", "expected 1 to" },
        { "piece without text", "expected 1 to" },
        { "duplicate normal piece", "same text" },
        { "duplicate control piece", "same text" },
        { "score NaN", "score NaN" },
        { "score infinite", "score -Infinity" },
        { "score beyond any sum", "score" },
        { "piece type 7", "expected 0 to 6" },
        { "piece type negative", "Field 3 is -1" },
        { "piece not UTF-8", "not UTF-8" },
        { "piece with NUL", "without NUL" },
        { "piece of 1 MB", "expected 1 to" },
        { "only control pieces", "without normal pieces" },
        { "model type 9", "expected 0 to 4" },
        { "model type 0", "expected 1 (unigram)" },
        { "byte piece without byte fallback", "byte fallback is off" },
        { "byte fallback without byte pieces", "no piece <0x00>" },
        { "byte piece misspelt", "not <0x00> to <0xFF>" },
        { "length beyond the file", "remain" },
        { "length of 2^63", "remain" },
        { "piece beyond its message", "remain" },
        { "varint of eleven bytes", "longer than 64 bits" },
        { "varint that never ends", "inside a number" },
        { "wire type 3 (group)", "wire type 3" },
        { "wire type 7", "wire type 7" },
        { "field number 0", "Field number 0" },
        { "score as a varint", "wire type 0, expected 5" },
        { "text as a number", "wire type 0, expected 2" },
        { "type as bytes", "wire type 2, expected 0" },
        { "boolean 2", "expected 0 to 1" },
        { "map of three bytes", "expected more than 4" },
        { "map without units", "claims 0 bytes" },
        { "map claims 4 GB", "claims 4294967292 bytes" },
        { "map size no multiple of 4", "multiple of 4" },
        { "map without blob", "claims" },
        { "map unit leads outside", "leads to unit" },
        { "map units lead in a circle", "in a circle" },
        { "map root leads to itself by NUL", "in a circle" },
        { "map root is a value", "root" },
        { "map value outside the blob", "value of unit" },
        { "map value is a unit that loops back", "value of unit" },
        { "map value inside a character", "value of unit" },
        { "map blob not ended", "not ended by NUL" },
        { "map blob not UTF-8", "not UTF-8" },
        { "map replacement of 1 MB", "expected at most 4096" },
        { "a text file", "wire type" },
        { "a zip file", "Field" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Load_BrokenModel_SaysWhatAndWhere(string trick, string expected)
    {
        var model = Make(trick);
        var exception = Assert.Throws<TokenizerFormatException>(() => SentencePieceModel.Load(model, Name));
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.Contains($"{Name}: byte {exception.ByteOffset}", exception.Message, StringComparison.Ordinal);
        Assert.Equal(Name, exception.Path);
        Assert.InRange(exception.ByteOffset, 0, model.Length);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public void Load_TruncatedAtEveryByte_FailsOrGivesAWorkingModel()
    {
        // A cut between fields leaves a shorter sound file when all pieces that matter are there.
        var model = ModelBuilder.Small().CharacterMap(ModelBuilder.Map([Unit(1, 0), .. new uint[255]], [0])).ToArray();
        var opened = 0;
        for (var length = 0; length < model.Length; length++)
        {
            try
            {
                SentencePieceModel.Load(model.AsSpan(0, length), Name).Encode("ab a b c");
                opened++;
            }
            catch (TokenizerFormatException exception)
            {
                Assert.InRange(exception.ByteOffset, 0, length);
            }
        }

        Assert.Equal(4, opened); // behind each of the four normal pieces
    }

    [Fact]
    public void Load_MutatedModels_NeverFailOtherwiseThanByFormat()
    {
        var sources = new[] { Golden("bpe_unused"), Golden("unigram_tsv"), Golden("bpe_denormalized"), ModelBuilder.Small().ToArray() };
        var random = new Random(20240607);
        var text = Encoding.UTF8.GetBytes("the  ab \uFB01 стр<sep> a\u0301 \u4E2D 1–2\t");
        var (opened, refused) = (0, 0);
        for (var round = 0; round < 3000; round++)
        {
            var model = Mutate((byte[])sources[round % sources.Length].Clone(), random);
            try
            {
                var loaded = SentencePieceModel.Load(model, Name);
                var encoded = loaded.Encode(text);
                loaded.DecodePieces(encoded.Pieces);
                loaded.Decode([.. encoded.Ids]);
                Assert.All(encoded.Offsets, range => Assert.InRange(range.End, range.Start, text.Length));
                opened++;
            }
            catch (TokenizerFormatException exception)
            {
                Assert.InRange(exception.ByteOffset, 0, model.Length);
                refused++;
            }
        }

        Assert.True(opened > 100 && refused > 100, $"{opened} opened, {refused} refused: the mutations miss one side");
    }

    private static byte[] Golden(string name) => File.ReadAllBytes(Repository.Golden("sentencepiece-settings", name + ".model"));

    private static byte[] Mutate(byte[] model, Random random)
    {
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            var at = random.Next(model.Length);
            switch (random.Next(5))
            {
                case 0:
                    model[at] = (byte)random.Next(256);
                    break;
                case 1:
                    model[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    model[at] = 0xFF;
                    break;
                case 3:
                    model = [.. model[..at], .. model[Math.Min(model.Length, at + random.Next(1, 9))..]];
                    break;
                default:
                    model = [.. model[..at], .. model[..random.Next(0, Math.Min(16, model.Length))], .. model[at..]];
                    break;
            }

            if (model.Length == 0)
                break;
        }

        return model;
    }

    private static byte[] Make(string trick) => trick switch
    {
        "no bytes at all" => [],
        "no pieces" => new ModelBuilder().Trainer(new ModelBuilder().Varint(3, 1)).ToArray(),
        "no unknown piece" => new ModelBuilder().Piece("a", -1).ToArray(),
        "two unknown pieces" => ModelBuilder.Small().Piece("<unk2>", 0, 2).ToArray(),
        "empty piece" => ModelBuilder.Small().Piece("", -1).ToArray(),
        "piece without text" => ModelBuilder.Small().Message(1, new ModelBuilder().Single(2, -1)).ToArray(),
        "duplicate normal piece" => ModelBuilder.Small().Piece("a", -9).ToArray(),
        "duplicate control piece" => ModelBuilder.Small().Piece("<s>", 0, 3).ToArray(),
        "score NaN" => ModelBuilder.Small().Piece("c", float.NaN).ToArray(),
        "score infinite" => ModelBuilder.Small().Piece("c", float.NegativeInfinity).ToArray(),
        "score beyond any sum" => ModelBuilder.Small().Piece("c", -3e38f).ToArray(),
        "piece type 7" => ModelBuilder.Small().Piece("c", -1, 7).ToArray(),
        "piece type negative" => ModelBuilder.Small().Message(1, new ModelBuilder().Bytes(1, "c"u8).Varint(3, ulong.MaxValue)).ToArray(),
        "piece not UTF-8" => ModelBuilder.Small().Message(1, new ModelBuilder().Bytes(1, [0xC3, 0x28])).ToArray(),
        "piece with NUL" => ModelBuilder.Small().Piece("a\0b", -1).ToArray(),
        "piece of 1 MB" => ModelBuilder.Small().Piece(new string('x', 1 << 20), -1).ToArray(),
        "only control pieces" => new ModelBuilder().Piece("<unk>", 0, 2).Piece("<s>", 0, 3).ToArray(),
        _ => MakeTrainer(trick) ?? MakeWire(trick) ?? MakeMap(trick) ?? throw new ArgumentException(trick),
    };

    private static byte[]? MakeTrainer(string trick) => trick switch
    {
        "model type 9" => ModelBuilder.Small().Trainer(new ModelBuilder().Varint(3, 9)).ToArray(),
        "model type 0" => ModelBuilder.Small().Trainer(new ModelBuilder().Varint(3, 0)).ToArray(),
        "byte piece without byte fallback" => ModelBuilder.Small().Piece("<0x41>", 0, 6).ToArray(),
        "byte fallback without byte pieces" => ModelBuilder.Small().Trainer(new ModelBuilder().Varint(35, 1)).ToArray(),
        "byte piece misspelt" => ModelBuilder.Small().Piece("<0xag>", 0, 6).Trainer(new ModelBuilder().Varint(35, 1)).ToArray(),
        "boolean 2" => ModelBuilder.Small().Trainer(new ModelBuilder().Varint(24, 2)).ToArray(),
        _ => null,
    };

    private static byte[]? MakeWire(string trick) => trick switch
    {
        "length beyond the file" => ModelBuilder.Small().Tag(1, 2).Number(1000).Raw(1, 2, 3).ToArray(),
        "length of 2^63" => ModelBuilder.Small().Tag(4, 2).Number(1UL << 63).ToArray(),
        "piece beyond its message" => ModelBuilder.Small().Message(1, new ModelBuilder().Tag(1, 2).Number(50).Raw(0x61)).Piece("c", -1).ToArray(),
        "varint of eleven bytes" => ModelBuilder.Small().Tag(9, 0).Raw([.. Enumerable.Repeat((byte)0x80, 10), 1]).ToArray(),
        "varint that never ends" => ModelBuilder.Small().Tag(9, 0).Raw(0x80, 0x80).ToArray(),
        "wire type 3 (group)" => ModelBuilder.Small().Tag(9, 3).ToArray(),
        "wire type 7" => ModelBuilder.Small().Tag(9, 7).ToArray(),
        "field number 0" => ModelBuilder.Small().Tag(0, 0).Number(1).ToArray(),
        "score as a varint" => ModelBuilder.Small().Message(1, new ModelBuilder().Bytes(1, "c"u8).Varint(2, 1)).ToArray(),
        "text as a number" => ModelBuilder.Small().Message(1, new ModelBuilder().Varint(1, 1)).ToArray(),
        "type as bytes" => ModelBuilder.Small().Message(1, new ModelBuilder().Bytes(1, "c"u8).Bytes(3, "x"u8)).ToArray(),
        "a text file" => "This is not a model."u8.ToArray(),
        "a zip file" => [0x50, 0x4B, 3, 4, 0, 0, 0, 0],
        _ => null,
    };

    private static byte[]? MakeMap(string trick)
    {
        uint[] sound = [Unit(1, 0), .. new uint[255]];
        var map = trick switch
        {
            "map of three bytes" => new byte[3],
            "map without units" => ModelBuilder.Map([], [0]),
            "map claims 4 GB" => ModelBuilder.Map(sound, [0], 0xFFFF_FFFC),
            "map size no multiple of 4" => ModelBuilder.Map(sound, [0], 1023),
            "map without blob" => ModelBuilder.Map(sound, []),
            "map unit leads outside" => ModelBuilder.Map([Unit(0, 4096), .. new uint[255]], [0]),
            "map units lead in a circle" => ModelBuilder.Map([Unit(1, 0), .. new uint['a' - 1], Unit('a', 'a'), .. new uint[255 - 'a']], [0]),
            "map root leads to itself by NUL" => ModelBuilder.Map(new uint[256], [0]),
            "map root is a value" => ModelBuilder.Map([Value(0), .. new uint[255]], [0]),
            "map value outside the blob" => ModelBuilder.Map(Valued(Value(5)), "xx\0"u8.ToArray()),
            "map value is a unit that loops back" => ModelBuilder.Map(Valued(Unit(0, 0)), "xx\0"u8.ToArray()),
            "map value inside a character" => ModelBuilder.Map(Valued(Value(1)), "é\0"u8.ToArray()),
            "map blob not ended" => ModelBuilder.Map(sound, "xx"u8.ToArray()),
            "map blob not UTF-8" => ModelBuilder.Map(sound, [0xC3, 0x28, 0]),
            "map replacement of 1 MB" => ModelBuilder.Map(sound, [.. Enumerable.Repeat((byte)'x', 1 << 20), 0]),
            _ => null,
        };
        return map is null ? null : ModelBuilder.Small().CharacterMap(map).ToArray();
    }
}
