using System.Text;
using static Galvani.Testing.MapUnits;

namespace Galvani.Testing.Hostile;

/// <summary>Tokenizers that lie: SentencePiece models whose fields, pieces or character maps are not what they say, and merge codes that are none.</summary>
internal static class TokenizerTricks
{
    public static IEnumerable<Trick> All() => [.. Pieces(), .. Wire(), .. Maps(), .. Codes()];

    private static IEnumerable<Trick> Pieces() =>
    [
        Model("pieces-none", "no pieces", new ModelBuilder().Trainer(new ModelBuilder().Varint(3, 1))),
        Model("piece-empty", "expected 1 to", ModelBuilder.Small().Piece("", -1)),
        Model("piece-twice", "same text", ModelBuilder.Small().Piece("a", -9)),
        Model("control-piece-twice", "same text", ModelBuilder.Small().Piece("<s>", 0, 3)),
        Model("control-pieces-alone", "without normal pieces", new ModelBuilder().Piece("<unk>", 0, 2).Piece("<s>", 0, 3)),
        Model("piece-without-text", "expected 1 to", ModelBuilder.Small().Message(1, new ModelBuilder().Single(2, -1))),
        Model("piece-not-utf8", "not UTF-8", ModelBuilder.Small().Message(1, new ModelBuilder().Bytes(1, [0xC3, 0x28]))),
        Model("piece-with-nul", "without NUL", ModelBuilder.Small().Piece("a\0b", -1)),
        Model("piece-of-100-kilobytes", "expected 1 to", ModelBuilder.Small().Piece(new string('x', 100_000), -1)),
        Model("piece-of-unknown-type", "expected 0 to 6", ModelBuilder.Small().Piece("c", -1, 7)),
        Model("piece-of-negative-type", "Field 3 is -1", ModelBuilder.Small().Message(1, new ModelBuilder().Bytes(1, "c"u8).Varint(3, ulong.MaxValue))),
        Model("score-nan", "score NaN", ModelBuilder.Small().Piece("c", float.NaN)),
        Model("score-infinite", "score -Infinity", ModelBuilder.Small().Piece("c", float.NegativeInfinity)),
        Model("score-beyond-any-sum", "score", ModelBuilder.Small().Piece("c", -3e38f)),
        Model("unknown-piece-missing", "No piece is of the unknown type", new ModelBuilder().Piece("a", -1)),
        Model("unknown-piece-twice", "both of the unknown type", ModelBuilder.Small().Piece("<unk2>", 0, 2)),
        Model("byte-fallback-without-bytes", "no piece <0x00>", ModelBuilder.Small().Trainer(new ModelBuilder().Varint(35, 1))),
        Model("byte-piece-without-byte-fallback", "byte fallback is off", ModelBuilder.Small().Piece("<0x41>", 0, 6)),
        Model("byte-piece-misspelt", "not <0x00> to <0xFF>", ModelBuilder.Small().Piece("<0xag>", 0, 6).Trainer(new ModelBuilder().Varint(35, 1))),
        Model("model-of-type-9", "expected 0 to 4", ModelBuilder.Small().Trainer(new ModelBuilder().Varint(3, 9))),
        Model("model-of-type-0", "expected 1 (unigram)", ModelBuilder.Small().Trainer(new ModelBuilder().Varint(3, 0))),
        Model("truth-value-of-2", "expected 0 to 1", ModelBuilder.Small().Trainer(new ModelBuilder().Varint(24, 2))),
    ];

    private static IEnumerable<Trick> Wire()
    {
        var sound = ModelBuilder.Small().ToArray();
        yield return new Trick("tokenizers/cut-inside-a-piece.model", sound[..^3], "remain");
        yield return new Trick("tokenizers/cut-at-0-percent.model", [], "no pieces");
        yield return Model("length-beyond-the-file", "remain", ModelBuilder.Small().Tag(1, 2).Number(1000).Raw(1, 2, 3));
        yield return Model("length-of-8-exabytes", "remain", ModelBuilder.Small().Tag(4, 2).Number(1UL << 63));
        yield return Model("length-beyond-its-message", "remain", ModelBuilder.Small().Message(1, new ModelBuilder().Tag(1, 2).Number(50).Raw(0x61)).Piece("c", -1));
        yield return Model("number-of-eleven-bytes", "longer than 64 bits", ModelBuilder.Small().Tag(9, 0).Raw([.. Enumerable.Repeat((byte)0x80, 10), 1]));
        yield return Model("number-that-never-ends", "inside a number", ModelBuilder.Small().Tag(9, 0).Raw(0x80, 0x80));
        yield return Model("groups-100000-deep", "wire type 3", ModelBuilder.Small().Raw([.. Enumerable.Repeat((byte)0x4B, 100_000)]));
        yield return Model("field-of-number-0", "Field number 0", ModelBuilder.Small().Tag(0, 0).Number(1));
        yield return Model("field-of-wire-type-7", "wire type 7", ModelBuilder.Small().Tag(9, 7));
        yield return Model("score-as-a-number", "wire type 0, expected 5", ModelBuilder.Small().Message(1, new ModelBuilder().Bytes(1, "c"u8).Varint(2, 1)));
        yield return Model("text-as-a-number", "wire type 0, expected 2", ModelBuilder.Small().Message(1, new ModelBuilder().Varint(1, 1)));
        yield return Model("type-as-bytes", "wire type 2, expected 0", ModelBuilder.Small().Message(1, new ModelBuilder().Bytes(1, "c"u8).Bytes(3, "x"u8)));
        yield return new Trick("tokenizers/a-text.model", "This is not a model."u8.ToArray(), "This is text; expected a SentencePiece model");
        yield return new Trick("tokenizers/a-checkpoint.model", ZipBuilder.Torch(RawPickle.Of(pickle => pickle.Op("}"))).Build(), "This is a zip archive");
    }

    private static IEnumerable<Trick> Maps()
    {
        uint[] sound = [Unit(1, 0), .. new uint[255]];
        return
        [
            Map("map-of-three-bytes", "expected more than 4", new byte[3]),
            Map("map-without-units", "claims 0 bytes", ModelBuilder.Map([], [0])),
            Map("map-claims-4-gigabytes", "claims 4294967292 bytes", ModelBuilder.Map(sound, [0], 0xFFFF_FFFC)),
            Map("map-size-no-multiple-of-4", "multiple of 4", ModelBuilder.Map(sound, [0], 1023)),
            Map("map-unit-leads-outside", "leads to unit", ModelBuilder.Map([Unit(0, 4096), .. new uint[255]], [0])),
            Map("map-units-in-a-circle", "in a circle", ModelBuilder.Map([Unit(1, 0), .. new uint['a' - 1], Unit('a', 'a'), .. new uint[255 - 'a']], [0])),
            Map("map-root-leads-to-itself", "in a circle", ModelBuilder.Map(new uint[256], [0])),
            Map("map-root-is-a-value", "root", ModelBuilder.Map([Value(0), .. new uint[255]], [0])),
            Map("map-value-outside-the-texts", "value of unit", ModelBuilder.Map(Valued(Value(5)), "xx\0"u8.ToArray())),
            Map("map-value-inside-a-character", "value of unit", ModelBuilder.Map(Valued(Value(1)), "é\0"u8.ToArray())),
            Map("map-value-that-is-a-unit", "value of unit", ModelBuilder.Map(Valued(Unit(0, 0)), "xx\0"u8.ToArray())),
            Map("map-texts-missing", "claims", ModelBuilder.Map(sound, [])),
            Map("map-texts-not-ended", "not ended by NUL", ModelBuilder.Map(sound, "xx"u8.ToArray())),
            Map("map-texts-not-utf8", "not UTF-8", ModelBuilder.Map(sound, [0xC3, 0x28, 0])),
            Map("map-text-of-100-kilobytes", "expected at most 4096", ModelBuilder.Map(sound, [.. Enumerable.Repeat((byte)'x', 100_000), 0])),
        ];
    }

    private static IEnumerable<Trick> Codes() =>
    [
        Lines("version-unknown", "of version \"9.9\"", "#version: 9.9\na b\n"u8),
        Lines("merge-of-one-word", "Merge 1 is not two words", "#version: 0.2\na b\nab\n"u8),
        Lines("merge-of-three-words", "Merge 0 is not two words", "#version: 0.2\na b c\n"u8),
        Lines("merge-not-utf8", "Merge 0 is not UTF-8", [.. "#version: 0.2\n"u8, 0xFF, (byte)' ', 0xFE]),
        Lines("merges-of-zeros", "Merge 0 is not two words", [.. "#version: 0.2\n"u8, .. new byte[1000]]),
        Lines("merge-of-100-kilobytes", null, Encoding.ASCII.GetBytes($"#version: 0.2\n{new string('a', 50_000)} {new string('b', 50_000)}\n")),
        Lines("merge-twice", null, "#version: 0.2\na b\na b\nb a\na b\n"u8),
        Lines("merges-that-double", null, Encoding.ASCII.GetBytes("#version: 0.2\n" + string.Join('\n', Enumerable.Range(0, 14).Select(power => $"{new string('a', 1 << power)} {new string('a', 1 << power)}")))),
    ];

    private static Trick Model(string name, string error, ModelBuilder model) => new($"tokenizers/{name}.model", model.ToArray(), error);

    private static Trick Map(string name, string error, byte[] map) => Model(name, error, ModelBuilder.Small().CharacterMap(map));

    private static Trick Lines(string name, string? error, ReadOnlySpan<byte> bytes) => new($"tokenizers/{name}.codes", bytes.ToArray(), error);
}
