namespace Galvani.Testing.Hostile;

/// <summary><c>.galvani</c> files whose index, projections and tree contradict one another, and such of other versions.</summary>
internal static class PackedTricks
{
    private const int CountOffset = 8 + 4 + 4 + 13 + 4 + 4;

    public static IEnumerable<Trick> All() =>
    [
        Packed("version-3", "version 3", file => file.Version = 3),
        Packed("layout-9", "layout 9", file => file.Layout = 9),
        Packed("format-7", "format 7", file => file.Format = 7),
        Packed("format-of-projections", "one of projections", file => (file.Version, file.Format) = (2, 3)),
        Packed("writer-of-a-kilobyte", "the most is 100", file => file.Writer = new byte[1000]),
        Packed("writer-with-escape-codes", "version 3", file => (file.Version, file.Writer) = (3, "\u001b[2J\u0007"u8.ToArray())),
        Packed("index-of-another-kind", "does not begin", file => file.Magic = "GALVANI\n"u8.ToArray()),
        Packed("index-cut", "ends too early", file => file.ChangeIndex = index => index[..^3]),
        Packed("index-with-bytes-behind", "goes on for 3 bytes", file => file.ChangeIndex = index => [.. index, 1, 2, 3]),
        Packed("index-empty", "does not begin", file => file.ChangeIndex = _ => []),
        Packed("text-longer-than-the-index", "announces 4294967295 bytes", file => file.ChangeIndex = index => With(index, 12, 255, 255, 255, 255)),
        Packed("text-not-utf8", "not UTF-8", file => file.Writer = [0xFF, 0xFE]),
        Packed("four-billion-projections", "announces 4294967295 projections", file => file.ProjectionCount = uint.MaxValue),
        Packed("no-projection-but-one-behind", "goes on for", file => file.ChangeIndex = index => With(index, CountOffset, 0)),
        Packed("two-projections-of-one", "ends too early", file => file.ChangeIndex = index => With(index, CountOffset, 2)),
        Packed("no-outputs", "number of outputs", file => file.Outputs = 0),
        Packed("negative-inputs", "number of inputs", file => file.Inputs = -1),
        Packed("four-exabytes", "more than 2147483647 bytes", file => (file.Outputs, file.Inputs) = (int.MaxValue, int.MaxValue)),
        Packed("inputs-beyond-8-bits", "the most is 65536", file => (file.Format, file.Inputs) = (1, 65537)),
        Packed("stack-of-nothing", "stacks 0 tensors", file => file.PartCount = 0),
        Packed("stack-of-four-billion", "stacks 4294967295 tensors", file => file.PartCount = uint.MaxValue),
        Packed("rows-too-many", "more rows than", file => file.Parts = [new(1, "/w", "0"), new(2, "/w", "")]),
        Packed("rows-too-few", "have 1 rows", file => file.Parts = [new(1, "/w", "0")]),
        Packed("entry-missing", "has no entry archive/galvani/0", file => file.EntryName = "archive/galvani/1"),
        Packed("entry-cut", "need 192", file => file.Projection = new byte[191]),
        Packed("entry-with-bytes-behind", "need 192", file => (file.Format, file.Projection) = (1, new byte[193])),
        Packed("entry-not-aligned", "a multiple of 64", file => (file.Alignment, file.Writer) = (1, "galvani 0.0.2"u8.ToArray())),
        Packed("entry-deflated", "compressed", file => file.IsDeflated = true) with { IsDeflated = true },
        Packed("storage-twice", "is packed twice", file => file.Parts = [new(1, "/w", "0"), new(1, "/w", "0")]),
        Packed("storage-with-an-entry", "has an entry of its own", file => file.Storage = new byte[24]),
        Packed("storage-that-nothing-holds", "has no entry archive/data/0", file => file.Parts = [new(2, "/w", "")]),
        Packed("storage-of-another-count", "announces 8 elements", file => file.Tensor = pickle => pickle.Tensor("0", 8, 0, [2, 3], [3, 1])),
        Packed("storage-of-another-type", "6 elements of float16", file => file.Tensor = pickle => pickle.Tensor("0", 6, 0, [2, 3], [3, 1], "HalfStorage")),
        Packed("path-of-nothing", "no tensor of the tree", file => file.Parts = [new(2, "/v", "0")]),
        Packed("shape-of-another", "has shape [3, 2]", file => file.Tensor = pickle => pickle.Tensor("0", 6, 0, [3, 2], [2, 1])),
        Packed("tensor-of-rank-1", "has shape [6]", file => file.Tensor = pickle => pickle.Tensor("0", 6, 0, [6], [1])),
        Packed("tensor-with-other-strides", "no whole view", file => file.Tensor = pickle => pickle.Tensor("0", 6, 0, [2, 3], [1, 2])),
        Packed("tensor-of-another-storage", "no whole view", file => (file.Parts, file.Storage, file.Tensor) = ([new(2, "/w", "1")], new byte[24], null)),
    ];

    private static Trick Packed(string name, string error, Action<PackedBuilder> change)
    {
        var file = new PackedBuilder();
        change(file);
        return new Trick($"packed-{name}.galvani", file.Build(), error);
    }

    private static byte[] With(byte[] index, int offset, params byte[] values)
    {
        values.CopyTo(index, offset);
        return index;
    }
}
