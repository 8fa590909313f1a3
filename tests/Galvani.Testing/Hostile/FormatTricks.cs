using System.Text;
using static Galvani.Testing.SafetensorsBuilder;

namespace Galvani.Testing.Hostile;

/// <summary>Files of the forms beside torch's archive that break their specification, and files that are something else.</summary>
internal static class FormatTricks
{
    private const string Shaped = "'fortran_order': False, 'shape': (4,), }";

    public static IEnumerable<Trick> All() => [.. Safetensors(), .. Numpy(), .. Legacy(), .. Others()];

    private static IEnumerable<Trick> Safetensors() =>
    [
        new("header-over-100-megabytes.safetensors", Build(Vector, 16, 100_000_001), "the most is 100000000"),
        new("header-longer-than-the-file.safetensors", Build(Vector, 16, 5000), "the file has"),
        new("header-of-16-exabytes.safetensors", Build(Vector, 16, ulong.MaxValue), "announces 18446744073709551615"),
        new("header-cut.safetensors", Build(Vector, 16, 10), "does not end with '}'"),
        new("header-behind-a-space.safetensors", Build(" " + Vector, 16), "does not begin with '{'"),
        new("header-padded-with-line-feeds.safetensors", Build(Vector + "\n\n", 16), "does not end with '}' and spaces"),
        new("header-padded-with-zeros.safetensors", Build(Vector + "\0\0", 16), "does not end with '}' and spaces"),
        new("header-not-utf8.safetensors", Build([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)'}'], 0), "not UTF-8"),
        new("header-with-half-a-surrogate.safetensors", Build("{" + Entry("\\ud800", "F32", "[4]", "[0,16]") + "}", 16), "not valid JSON"),
        new("header-nested-100000-deep.safetensors", Build("{\"__metadata__\":" + new string('{', 100_000) + new string('}', 100_000) + "}", 0), "not valid JSON"),
        new("header-of-two-objects.safetensors", Build(Vector + Vector, 16), "not valid JSON"),
        new("name-twice.safetensors", Build("{" + Entry("w", "F32", "[2]", "[0,8]") + "," + Entry("w", "F32", "[2]", "[8,16]") + "}", 16), "'w' twice"),
        new("name-twice-by-escape.safetensors", Build("{" + Entry("w", "F32", "[2]", "[0,8]") + "," + Entry("\\u0077", "F32", "[2]", "[8,16]") + "}", 16), "'w' twice"),
        new("field-twice.safetensors", Build("{\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"shape\":[4],\"data_offsets\":[0,16]}}", 16), "'shape' twice"),
        new("type-unknown.safetensors", Build("{" + Entry("w", "F33", "[4]", "[0,16]") + "}", 16), "unknown dtype 'F33'"),
        new("sizes-that-overflow.safetensors", Build("{" + Entry("w", "F32", "[4611686018427387904,4]", "[0,16]") + "}", 16), "too large"),
        new("size-negative.safetensors", Build("{" + Entry("w", "F32", "[-4]", "[0,16]") + "}", 16), "no non-negative"),
        new("bytes-that-do-not-fit-the-shape.safetensors", Build("{" + Entry("w", "F32", "[3]", "[0,16]") + "}", 16), "expected 12 bytes"),
        new("hole.safetensors", Build("{" + Entry("a", "F32", "[1]", "[0,4]") + "," + Entry("b", "F32", "[1]", "[8,12]") + "}", 12), "belong to no tensor"),
        new("overlap.safetensors", Build("{" + Entry("a", "F32", "[2]", "[0,8]") + "," + Entry("b", "F32", "[2]", "[4,12]") + "}", 12), "inside another"),
        new("bytes-behind.safetensors", Build(Vector, 17), "the file has 17"),
        new("cut.safetensors", Build(Vector, 15), "the file has 15"),
    ];

    private static IEnumerable<Trick> Numpy() =>
    [
        new("objects.npy", Array("{'descr': '|O', " + Shaped, [.. RawPickle.Of(pickle => pickle.Global("os", "system").Op('(').Text("true").Op("tR"))]), "objects would be pickles"),
        new("objects.npz", new ZipBuilder().Add("a.npy", Array("{'descr': '|O', " + Shaped, new byte[32])).Build(), "objects would be pickles"),
        new("header-with-code.npy", Array("__import__('os').system('true')", new byte[16]), "has no '{'"),
        new("header-of-4-gigabytes.npy", [0x93, .. "NUMPY"u8, 2, 0, 255, 255, 255, 255, .. new byte[16]], "the most is 10000"),
        new("header-cut.npy", [0x93, .. "NUMPY"u8, 1, 0, 200, 0, .. new byte[16]], "remain"),
        new("shape-that-overflows.npy", Array("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 8), }", new byte[16]), "its shape needs"),
        new("shape-larger-than-the-data.npy", Array("{'descr': '<f4', 'fortran_order': False, 'shape': (5,), }", new byte[16]), "its shape needs 20"),
        new("key-twice.npy", Array("{'descr': '<f4', 'descr': '<f8', " + Shaped, new byte[16]), "unexpected key"),
        new("entry-that-is-no-array.npz", new ZipBuilder().Add("a.npy", Array("{'descr': '<f4', " + Shaped, new byte[16])).Add("run.sh", [1]).Build(), "expected names that end with .npy"),
        new("bomb.npz", new ZipBuilder().AddDeflated("a.npy", Array("{'descr': '|u1', 'fortran_order': False, 'shape': (33554432,), }", new byte[32 << 20])).Build(), "(InflationRatio)") { IsDeflated = true },
    ];

    private static IEnumerable<Trick> Legacy()
    {
        var tensor = LegacyBuilder.Tensor().Build();
        yield return new Trick("storage-count-that-lies.pt", new LegacyBuilder { Pickle = LegacyBuilder.Tensor().Pickle }.Add("7", 5, new byte[20]).Build(), "5 elements in front of its bytes");
        yield return new Trick("storage-count-negative.pt", new LegacyBuilder { Pickle = LegacyBuilder.Tensor().Pickle }.Add("7", -1, new byte[16]).Build(), "-1 elements in front of its bytes");
        yield return new Trick("old-container-cut.pt", tensor[..^3], "the file has 13 left");
        yield return new Trick("old-container-with-bytes-behind.pt", [.. tensor, 1, 2, 3], "goes on for 3 bytes");
        yield return new Trick("old-container-with-a-view-outside.pt", new LegacyBuilder
        {
            Pickle = RawPickle.Of(pickle => pickle.LegacyTensor("7", 4, 0, [1], [1], view => view.Op('(').Text("v").Long(long.MaxValue).Long(1).Op('t'))),
        }.Add("7", new byte[16]).Build(), "no part of storage 7");
        yield return new Trick("storage-in-a-storage.pkl", Nested(new LegacyBuilder { Pickle = Nested([1]) }.Build()), "another that is");
    }

    private static IEnumerable<Trick> Others()
    {
        var tar = new byte[1024];
        "ustar\0"u8.CopyTo(tar.AsSpan(257));
        yield return new Trick("tar.pt", tar, "tar archive");
        yield return new Trick("7z.pt", [(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C, 0, 4], "7z archive");
        yield return new Trick("text.pt", Encoding.UTF8.GetBytes("Привет, мир\n"), "text file");
        yield return new Trick("git-lfs-pointer.pt", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"u8.ToArray(), "Git LFS");
        yield return new Trick("zeros.pt", new byte[64], "no model file");
    }

    private static byte[] Nested(byte[] container) => RawPickle.Of(pickle => pickle.Global("torch.storage", "_load_from_bytes").Op('(').Counted('B', container).Op("tR"));

    private static byte[] Array(string header, byte[] data) => [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header), .. data];
}
