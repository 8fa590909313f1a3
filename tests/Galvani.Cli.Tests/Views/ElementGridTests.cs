using System.Globalization;
using System.Text;
using Galvani.Checkpoints.Tensors;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Views;

namespace Galvani.Cli.Tests.Views;

/// <summary>The numbers of tensors in brackets, of few elements and of so many that they are written in parts.</summary>
public sealed class ElementGridTests
{
    [Theory]
    [InlineData(new long[0], "1.0")]
    [InlineData(new long[] { 3 }, "[1.0, 2.0, 3.0]")]
    [InlineData(new long[] { 2, 2 }, "[[1.0, 2.0],\n [3.0, 4.0]]")]
    [InlineData(new long[] { 2, 1 }, "[[1.0],\n [2.0]]")]
    [InlineData(new long[] { 1, 2, 1, 2 }, "[[[[1.0, 2.0]],\n  [[3.0, 4.0]]]]")]
    [InlineData(new long[] { 2, 0 }, "[]")]
    public void Write_FewNumbers_HasABracketForEachRow(long[] shape, string expected) => Assert.Equal(expected, Write(Counted(shape), showAll: false));

    [Theory]
    [InlineData(new long[] { 50_000 })]
    [InlineData(new long[] { 7, 3, 5_000 })]
    [InlineData(new long[] { 5_000, 3, 7 })]
    [InlineData(new long[] { 30_000, 1 })]
    [InlineData(new long[] { 1, 200, 1, 1, 300, 1 })]
    [InlineData(new long[] { 4, 1, 2, 8_192 })]
    [InlineData(new long[] { 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2 })]
    public void Write_AllOfManyNumbers_EqualsWhatIsWrittenRowByRow(long[] shape)
    {
        var expected = new StringBuilder();
        var next = 0;
        AppendAxis(expected, shape, axis: 0, ref next);
        Assert.Equal(expected.ToString(), Write(Counted(shape), showAll: true));
    }

    [Fact]
    public void Write_LargeTensor_ShowsItsEdges() =>
        Assert.Equal("[[1.0, 2.0, 3.0, ..., 298.0, 299.0, 300.0],\n [301.0, 302.0, 303.0, ..., 598.0, 599.0, 600.0],\n [601.0, 602.0, 603.0, ..., 898.0, 899.0, 900.0],\n ...,\n " +
            "[2101.0, 2102.0, 2103.0, ..., 2398.0, 2399.0, 2400.0],\n [2401.0, 2402.0, 2403.0, ..., 2698.0, 2699.0, 2700.0],\n [2701.0, 2702.0, 2703.0, ..., 2998.0, 2999.0, 3000.0]]", Write(Counted([10, 300]), showAll: false));

    [Fact]
    public void Write_NumbersOfOtherKinds_AreAsTheirTypesSay()
    {
        Assert.Equal("[nan, inf, -inf, -0.0]", Write(Elements(DType.Float32, [float.NaN, float.PositiveInfinity, float.NegativeInfinity, -0f], BitConverter.GetBytes), showAll: true));
        Assert.Equal("[nan, 1E-05]", Write(Elements(DType.Float64, [double.NaN, 1e-5], BitConverter.GetBytes), showAll: true));
        Assert.Equal("[true, false]", Write(Elements(DType.Bool, [true, false], value => [(byte)(value ? 1 : 0)]), showAll: true));
        Assert.Equal("[-9223372036854775808, 7]", Write(Elements(DType.Int64, [long.MinValue, 7], BitConverter.GetBytes), showAll: true));
    }

    /// <summary>As an element says it of itself.</summary>
    [Theory]
    [InlineData(DType.Complex64)]
    [InlineData(DType.Complex128)]
    public void Write_ComplexNumbers_AreSums(DType type)
    {
        double[] parts = [1, -2, 0.1, -0.0, double.NaN, double.NegativeInfinity, double.PositiveInfinity, 1e300, 0, 1e20];
        var bytes = (byte[])[.. parts.SelectMany(part => parts.SelectMany(other => type == DType.Complex64
            ? (byte[])[.. BitConverter.GetBytes((float)part), .. BitConverter.GetBytes((float)other)]
            : [.. BitConverter.GetBytes(part), .. BitConverter.GetBytes(other)]))];
        var view = Elements(type, bytes, parts.Length * parts.Length);
        var expected = Enumerable.Range(0, parts.Length * parts.Length).Select(i => view.ReadElement(i).ToString());
        Assert.Equal($"[{string.Join(", ", expected)}]", Write(view, showAll: true));
    }

    private static void AppendAxis(StringBuilder text, long[] shape, int axis, ref int next)
    {
        if (axis == shape.Length)
        {
            text.Append(CultureInfo.InvariantCulture, $"{++next}.0");
            return;
        }

        text.Append('[');
        for (var i = 0; i < shape[axis]; i++)
        {
            if (i > 0)
                text.Append(axis == shape.Length - 1 ? ", " : ",\n" + new string(' ', axis + 1));
            AppendAxis(text, shape, axis + 1, ref next);
        }

        text.Append(']');
    }

    /// <summary>1, 2, 3 and so on.</summary>
    private static TensorView Counted(long[] shape)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        var bytes = Enumerable.Range(1, (int)count).SelectMany(value => BitConverter.GetBytes((float)value)).ToArray();
        return CheckpointTree.Computed(DType.Float32, shape, (first, destination) => bytes.AsSpan((int)first * sizeof(float), destination.Length).CopyTo(destination)).View;
    }

    private static TensorView Elements<T>(DType type, T[] values, Func<T, byte[]> bytesOf) => Elements(type, [.. values.SelectMany(bytesOf)], values.Length);

    private static TensorView Elements(DType type, byte[] bytes, int count) =>
        CheckpointTree.Computed(type, [count], (first, destination) => bytes.AsSpan((int)first * type.ElementBytes(), destination.Length).CopyTo(destination)).View;

    private static string Write(TensorView view, bool showAll)
    {
        using var writer = new StringWriter();
        new ElementGrid(writer, view, showAll).Write();
        return writer.ToString();
    }
}
