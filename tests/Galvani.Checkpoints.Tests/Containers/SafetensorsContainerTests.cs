using System.Text;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Numpy;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using static Galvani.Testing.SafetensorsBuilder;

namespace Galvani.Checkpoints.Tests.Containers;

/// <summary>safetensors, strictly to its specification: one test for each way a file can break it.</summary>
public sealed class SafetensorsContainerTests
{
    public static TheoryData<string, byte[], string> Broken => new()
    {
        { "length over the cap", Build(Vector, 16, 100_000_001), "the most is 100000000" },
        { "length over the file", Build(Vector, 16, 5000), "the file has" },
        { "length of all ones", Build(Vector, 16, ulong.MaxValue), "announces 18446744073709551615" },
        { "length short of the header", Build(Vector, 16, 10), "does not end with '}'" },
        { "length of 1", Build("{", 0), "does not end with '}'" },
        { "space in front", Build(" " + Vector, 16), "does not begin with '{'" },
        { "line feed behind", Build(Vector + "\n", 16), "does not end with '}' and spaces" },
        { "two objects", Build(Vector + Vector, 16), "not valid JSON" },
        { "a comment", Build("{/**/" + Vector[1..], 16), "not valid JSON" },
        { "a trailing comma", Build(Vector[..^1] + ",}", 16), "not valid JSON" },
        { "not UTF-8", Build([(byte)'{', (byte)'"', 0xFF, (byte)'"', (byte)'}'], 0), "not UTF-8" },
        { "half a surrogate pair", Build("{" + Entry("\\ud800", "F32", "[4]", "[0,16]") + "}", 16), "not valid JSON" },
        { "nested a hundred deep", Build("{\"a\":" + new string('[', 100) + new string(']', 100) + "}", 0), "'a' has a StartArray" },
        { "a name twice", Build("{" + Entry("w", "F32", "[2]", "[0,8]") + "," + Entry("w", "F32", "[2]", "[8,16]") + "}", 16), "'w' twice" },
        { "a name twice, once escaped", Build("{" + Entry("w", "F32", "[2]", "[0,8]") + "," + Entry("\\u0077", "F32", "[2]", "[8,16]") + "}", 16), "'w' twice" },
        { "a field twice", Build("{\"w\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", 16), "'dtype' twice" },
        { "a field too many", Build("{\"w\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16],\"x\":1}}", 16), "'x' twice or beside" },
        { "a field missing", Build("{\"w\":{\"dtype\":\"F32\",\"shape\":[4]}}", 0), "needs a dtype" },
        { "three offsets", Build("{" + Entry("w", "F32", "[4]", "[0,8,16]") + "}", 16), "two numbers" },
        { "unknown type", Build("{" + Entry("w", "F33", "[4]", "[0,16]") + "}", 16), "unknown dtype 'F33'" },
        { "a negative size", Build("{" + Entry("w", "F32", "[-4]", "[0,16]") + "}", 16), "no non-negative" },
        { "a size with a point", Build("{" + Entry("w", "F32", "[4.0]", "[0,16]") + "}", 16), "no non-negative" },
        { "sizes that overflow", Build("{" + Entry("w", "F32", "[4611686018427387904,4]", "[0,16]") + "}", 16), "too large" },
        { "sizes that overflow to nothing", Build("{" + Entry("w", "F32", "[4611686018427387904,4611686018427387904,0]", "[0,0]") + "}", 0), "too large" },
        { "bytes that do not fit the shape", Build("{" + Entry("w", "F32", "[3]", "[0,16]") + "}", 16), "expected 12 bytes" },
        { "offsets the wrong way", Build("{" + Entry("w", "F32", "[4]", "[16,0]") + "}", 16), "expected 16 bytes" },
        { "a hole", Build("{" + Entry("a", "F32", "[1]", "[0,4]") + "," + Entry("b", "F32", "[1]", "[8,12]") + "}", 12), "belong to no tensor" },
        { "a hole in front", Build("{" + Entry("a", "F32", "[1]", "[4,8]") + "}", 8), "belong to no tensor" },
        { "an overlap", Build("{" + Entry("a", "F32", "[2]", "[0,8]") + "," + Entry("b", "F32", "[2]", "[4,12]") + "}", 12), "inside another" },
        { "the same bytes twice", Build("{" + Entry("a", "F32", "[1]", "[0,4]") + "," + Entry("b", "F32", "[1]", "[0,4]") + "}", 4), "inside another" },
        { "bytes behind", Build(Vector, 17), "the file has 17" },
        { "too few bytes", Build(Vector, 15), "the file has 15" },
        { "metadata that is no text", Build("{\"__metadata__\":{\"a\":1}," + Vector[1..], 16), "a String is expected" },
        { "metadata twice in itself", Build("{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}," + Vector[1..], 16), "'a' twice" },
        { "metadata twice", Build("{\"__metadata__\":{},\"__metadata__\":{}," + Vector[1..], 16), "'__metadata__' twice" },
        { "65 dimensions", Build("{" + Entry("w", "U8", "[" + string.Join(',', Enumerable.Repeat(1, 65)) + "]", "[0,1]") + "}", 1), "(Rank)" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Open_BrokenFile_SaysWhat(string trick, byte[] file, string expected)
    {
        Assert.NotEmpty(trick);
        Assert.Contains(expected, HostileFile.Fail(file).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("F6_E2M3")]
    [InlineData("F6_E3M2")]
    public void Open_TypeThatIsNotRead_IsUnsupportedByName(string type) => HostileFile.With(Build("{" + Entry("w", type, "[4]", "[0,4]") + "}", 4), path =>
    {
        Assert.Contains(type, Assert.Throws<UnsupportedCheckpointException>(() => Checkpoint.Open(path)).Message, StringComparison.Ordinal);
        return true;
    });

    [Theory]
    [InlineData("F64", 8, DType.Float64)]
    [InlineData("F32", 4, DType.Float32)]
    [InlineData("F16", 2, DType.Float16)]
    [InlineData("BF16", 2, DType.BFloat16)]
    [InlineData("I64", 8, DType.Int64)]
    [InlineData("I32", 4, DType.Int32)]
    [InlineData("I16", 2, DType.Int16)]
    [InlineData("I8", 1, DType.Int8)]
    [InlineData("U8", 1, DType.UInt8)]
    [InlineData("BOOL", 1, DType.Bool)]
    [InlineData("U16", 2, DType.UInt16)]
    [InlineData("U32", 4, DType.UInt32)]
    [InlineData("U64", 8, DType.UInt64)]
    [InlineData("C64", 8, DType.Complex64)]
    [InlineData("F8_E4M3", 1, DType.Float8E4M3Fn)]
    [InlineData("F8_E5M2", 1, DType.Float8E5M2)]
    [InlineData("F8_E4M3FNUZ", 1, DType.Float8E4M3FnUz)]
    [InlineData("F8_E5M2FNUZ", 1, DType.Float8E5M2FnUz)]
    [InlineData("F8_E8M0", 1, DType.Float8E8M0Fnu)]
    public void Open_EveryType_HasItsBytes(string type, int bytes, DType expected) =>
        HostileFile.Open(Build($"{{{Entry("w", type, "[2,1]", $"[0,{2 * bytes}]")}}}", 2 * bytes), checkpoint =>
        {
            var view = checkpoint.Tensors.Single().View;
            Assert.Equal(expected, view.DType);
            Assert.Equal([2L, 1], view.Shape);
            Assert.Equal(Enumerable.Range(0, 2 * bytes).Select(i => (byte)i), view.ContiguousBytes(0, 2).ToArray());
        });

    /// <summary>torch has pairs of 4-bit numbers, the format counts the numbers: along the last dimension.</summary>
    [Theory]
    [InlineData("[3,4]", 6, new long[] { 3, 2 })]
    [InlineData("[0]", 0, new long[] { 0 })]
    public void Open_NumbersOfFourBits_ArePairs(string shape, int bytes, long[] expected) =>
        HostileFile.Open(Build($"{{{Entry("w", "F4", shape, $"[0,{bytes}]")}}}", bytes), checkpoint =>
        {
            var view = checkpoint.Tensors.Single().View;
            Assert.Equal(DType.Float4E2M1FnX2, view.DType);
            Assert.Equal(expected, view.Shape);
        });

    [Theory]
    [InlineData("[]")]
    [InlineData("[4,3]")]
    public void Open_NumbersOfFourBitsWithoutPairs_AreRefused(string shape) => HostileFile.With(Build($"{{{Entry("w", "F4", shape, "[0,6]")}}}", 6), path =>
    {
        Assert.Contains("pairs", Assert.Throws<CheckpointFormatException>(() => Checkpoint.Open(path)).Message, StringComparison.Ordinal);
        return true;
    });

    [Fact]
    public void Open_WholeFile_KeepsOrderMetadataAndScalars()
    {
        var header = "{ \"__metadata__\" : {\"format\":\"pt\"}, " + Entry("b", "F32", "[]", "[4,8]") + " , " + Entry("a", "U8", "[4]", "[0,4]") + "," + Entry("none", "F32", "[0,7]", "[8,8]") + "}     ";
        HostileFile.Open(Build(header, 8), checkpoint =>
        {
            Assert.Equal(ContainerKind.Safetensors, checkpoint.Container);
            Assert.Equal(["/b", "/a", "/none"], checkpoint.Tensors.Select(tensor => tensor.ObjectPath));
            Assert.Equal("pt", Assert.IsType<PickleString>(checkpoint.Find("/__metadata__/format")).Value);
            Assert.Equal([0L, 1, 2, 3], Enumerable.Range(0, 4).Select(i => (long)checkpoint.Tensors[1].View.Element(i)[0]));
            Assert.Empty(checkpoint.Tensors[0].View.Shape);
            Assert.Null(checkpoint.PickleProtocol);
            Assert.Throws<UnsupportedCheckpointException>(() => checkpoint.ReadPickle());
        });
    }

    [Fact]
    public void Open_WhatWeWrite_IsEqual()
    {
        using var folder = new TemporaryFolder();
        SafetensorsFile.Write(folder.File("x.pt"), [new("a.b", NumpyArray.Create([1.5f, -2], 2, 1)), new("п", NumpyArray.Create([7L], 1))]);
        using var checkpoint = Checkpoint.Open(folder.File("x.pt"));
        Assert.Equal([1.5f, -2], checkpoint.Tensors[0].View.ToSingles());
        Assert.Equal("/п", checkpoint.Tensors[1].ObjectPath);
    }

    [Fact]
    public void Open_ManyTensors_StaysWithinMemory()
    {
        var header = new StringBuilder("{");
        for (var i = 0; i < 400_000; i++)
            header.Append(System.Globalization.CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ",")}\"{i}\":{{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}");
        Assert.Contains("(MemoryRatio)", HostileFile.Fail(Build(header.Append('}').ToString(), 0)).Message, StringComparison.Ordinal);
    }
}
