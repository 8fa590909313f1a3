using Galvani.Checkpoints.Tensors;

namespace Galvani.Checkpoints.Tests.Tensors;

public sealed class TensorElementTests
{
    [Fact]
    public void Read_EveryReadableType_IsExact()
    {
        Assert.Equal(0.1, TensorElement.Read(DType.Float64, BitConverter.GetBytes(0.1)).Real);
        Assert.Equal(0.1f, TensorElement.Read(DType.Float32, BitConverter.GetBytes(0.1f)).Real);
        Assert.Equal((double)(Half)0.1, TensorElement.Read(DType.Float16, BitConverter.GetBytes((Half)0.1)).Real);
        Assert.Equal(3.140625, TensorElement.Read(DType.BFloat16, [0x49, 0x40]).Real);
        Assert.Equal(long.MinValue, TensorElement.Read(DType.Int64, BitConverter.GetBytes(long.MinValue)).Integer);
        Assert.Equal(int.MinValue, TensorElement.Read(DType.Int32, BitConverter.GetBytes(int.MinValue)).Integer);
        Assert.Equal(-2, TensorElement.Read(DType.Int16, [0xFE, 0xFF]).Integer);
        Assert.Equal(-2, TensorElement.Read(DType.Int8, [0xFE]).Integer);
        Assert.Equal(254, TensorElement.Read(DType.UInt8, [0xFE]).Integer);
        Assert.Equal((TensorElementKind.Boolean, true), (TensorElement.Read(DType.Bool, [2]).Kind, TensorElement.Read(DType.Bool, [2]).Boolean));
        var complex = TensorElement.Read(DType.Complex64, [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-0f)]);
        Assert.Equal((TensorElementKind.Complex, 1.5, true), (complex.Kind, complex.Real, double.IsNegative(complex.Imaginary)));
    }

    [Fact]
    public void Read_UnsignedIntegers_AreExactBeyondTheSignedOnes()
    {
        Assert.Equal(65535, TensorElement.Read(DType.UInt16, [0xFF, 0xFF]).Integer);
        Assert.Equal(uint.MaxValue, TensorElement.Read(DType.UInt32, [0xFF, 0xFF, 0xFF, 0xFF]).Integer);
        Assert.Equal(ulong.MaxValue, TensorElement.Read(DType.UInt64, BitConverter.GetBytes(ulong.MaxValue)).Integer);
        Assert.Equal("18446744073709551615", TensorElement.Read(DType.UInt64, BitConverter.GetBytes(ulong.MaxValue)).ToString());
    }

    [Theory]
    [InlineData(DType.Float8E4M3Fn, 0x7E, 448)]
    [InlineData(DType.Float8E4M3Fn, 0xFF, double.NaN)]
    [InlineData(DType.Float8E5M2, 0xFC, double.NegativeInfinity)]
    [InlineData(DType.Float8E5M2, 0x01, 1.52587890625e-05)]
    [InlineData(DType.Float8E4M3FnUz, 0xFF, -240)]
    [InlineData(DType.Float8E4M3FnUz, 0x80, double.NaN)]
    [InlineData(DType.Float8E5M2FnUz, 0x7F, 57344)]
    public void Read_EightBitFloats_AreTheNumbersOfTheirFormat(DType type, byte bits, double expected) =>
        Assert.Equal((TensorElementKind.Real, expected), (TensorElement.Read(type, [bits]).Kind, TensorElement.Read(type, [bits]).Real));

    [Fact]
    public void Read_RecognisedType_IsRefusedByName()
    {
        var exception = Assert.Throws<UnsupportedCheckpointException>(() => TensorElement.Read(DType.QInt8, [1]));
        Assert.Contains("qint8", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_TooFewBytes_IsTheCallersFault() => Assert.Throws<ArgumentException>(() => TensorElement.Read(DType.Int64, [1, 2]));
}
