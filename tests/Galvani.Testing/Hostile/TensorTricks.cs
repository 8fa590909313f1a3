namespace Galvani.Testing.Hostile;

/// <summary>Tensors that reach where they must not, and storages that are not what they say.</summary>
internal static class TensorTricks
{
    private const long Huge = 1L << 62;

    public static IEnumerable<Trick> All() =>
    [
        Tensor("storage-longer-than-its-entry.pt", "its entry has 16", pickle => pickle.Tensor("0", 5, 0, [2, 2], [2, 1])),
        Tensor("storage-shorter-than-its-entry.pt", "its entry has 16", pickle => pickle.Tensor("0", 3, 0, [1], [1])),
        Tensor("storage-of-overflowing-size.pt", "its entry has 16", pickle => pickle.Tensor("0", long.MaxValue, 0, [1], [1])),
        Tensor("storage-that-is-missing.pt", "no entry", pickle => pickle.Tensor("9", 4, 0, [1], [1])),
        Tensor("storage-outside-its-folder.pt", "no entry", pickle => pickle.Tensor("../version", 4, 0, [1], [1])),
        Tensor("storage-of-two-types.pt", "before", pickle => pickle.Op("](").Tensor("0", 4, 0, [1], [1]).Tensor("0", 4, 0, [1], [1], "IntStorage").Op('e')),
        Tensor("tensor-one-past-the-end.pt", "reaches element 4", pickle => pickle.Tensor("0", 4, 1, [4], [1])),
        Tensor("tensor-by-its-stride-past-the-end.pt", "reaches element 6", pickle => pickle.Tensor("0", 4, 0, [3], [3])),
        Tensor("tensor-at-a-negative-offset.pt", "storage offset", pickle => pickle.Tensor("0", 4, -1, [1], [1])),
        Tensor("tensor-at-a-huge-offset.pt", "reaches element", pickle => pickle.Tensor("0", 4, long.MaxValue, [1], [1])),
        Tensor("tensor-of-negative-stride.pt", "strides", pickle => pickle.Tensor("0", 4, 3, [4], [-1])),
        Tensor("tensor-of-negative-size.pt", "shape", pickle => pickle.Tensor("0", 4, 0, [-1], [1])),
        Tensor("tensor-of-overflowing-sizes.pt", "too large", pickle => pickle.Tensor("0", 4, 0, [Huge, Huge], [0, 0])),
        Tensor("tensor-of-overflowing-strides.pt", "too large", pickle => pickle.Tensor("0", 4, 0, [3, 3], [Huge, Huge])),
        Tensor("tensor-of-sizes-that-wrap-to-zero.pt", "too large", pickle => pickle.Tensor("0", 4, 0, [Huge, 4, 4], [1, 1, 1])),
        Tensor("tensor-of-rank-65.pt", "(Rank)", pickle => pickle.Tensor("0", 4, 0, [.. Enumerable.Repeat(1L, 65)], [.. Enumerable.Repeat(1L, 65)])),
        Tensor("tensor-of-more-sizes-than-strides.pt", "2 sizes and 1 strides", pickle => pickle.Tensor("0", 4, 0, [1, 1], [1])),
        Tensor("tensor-expanded-to-a-terabyte.pt", "(LogicalRatio)", pickle => pickle.Tensor("0", 4, 0, [1L << 38], [0])),
        Tensor("tensors-expanded-together.pt", "(LogicalRatio)", pickle =>
        {
            pickle.Op("](");
            for (var i = 0; i < 100; i++)
                pickle.Tensor("0", 4, 0, [1 << 20], [0]);
            pickle.Op('e');
        }),
        Tensor("tensor-expanded-to-millions.pt", error: null, pickle => pickle.Tensor("0", 4, 0, [2, 2_000_000], [1, 0])),
        Tensor("tensor-expanded-along-twenty-dimensions.pt", error: null, pickle => pickle.Tensor("0", 4, 0, [.. Enumerable.Repeat(2L, 20)], [.. Enumerable.Repeat(0L, 19), 1])),
        Tensor("tensor-of-a-quadrillion-empty-rows.pt", error: null, pickle => pickle.Tensor("0", 4, 0, [1L << 50, 0], [1, 1])),
        Tensor("tensor-of-no-storage.pt", "no storage", pickle => pickle.Global("torch._utils", "_rebuild_tensor_v2").Op('(').Text("x").Long(0).Tuple(1).Tuple(1).Bytes(0x89).Op("}tR")),
        Tensor("tensor-with-text-as-shape.pt", "no tuple", pickle => pickle.Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage("0", "FloatStorage", 4).Long(0).Text("4").Tuple(1).Bytes(0x89).Op("}tR")),
        Tensor("tensor-of-too-few-arguments.pt", "does not take", pickle => pickle.Global("torch._utils", "_rebuild_tensor_v2").Op(")R")),
        Tensor("tensor-under-a-billion-paths.pt", "(MemoryRatio)", pickle =>
        {
            pickle.Op('(').Tensor("0", 4, 0, [0], [1]).Op('l');
            for (byte level = 0; level < 64; level++)
                pickle.Put(level).Op("0](").Get(level).Get(level).Op('e');
        }),
    ];

    private static Trick Tensor(string name, string? error, Action<RawPickle> write) => new(name, ZipBuilder.Torch(RawPickle.Of(write), new byte[16]).Build(), error);
}
