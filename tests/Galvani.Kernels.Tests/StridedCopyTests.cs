namespace Galvani.Kernels.Tests;

public sealed class StridedCopyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Gather_EveryLengthAndStride_TakesTheRightElements(int elementBytes)
    {
        var source = new byte[1 + 260 * 3 * elementBytes];
        new Random(7).NextBytes(source);
        for (var stride = 0; stride <= 3; stride++)
        {
            for (var length = 0; length <= 257; length += length < 20 ? 1 : 29)
            {
                var destination = Enumerable.Repeat((byte)0xA5, length * elementBytes + 16).ToArray();
                StridedCopy.Gather(source.AsSpan(1), elementBytes, stride, destination.AsSpan(0, length * elementBytes));
                for (var i = 0; i < length; i++)
                {
                    var expected = source.AsSpan(1 + i * stride * elementBytes, elementBytes);
                    LazyAssert.True(expected.SequenceEqual(destination.AsSpan(i * elementBytes, elementBytes)), $"stride {stride}, length {length}, element {i}");
                }

                Assert.All(destination[(length * elementBytes)..], value => Assert.Equal(0xA5, value));
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Gather_Places_TakesTheRightElements(int elementBytes)
    {
        const int Count = 300;
        var random = new Random(8);
        var source = new byte[1 + Count * elementBytes];
        random.NextBytes(source);
        for (var length = 0; length <= 257; length++)
        {
            int[] places = [.. Enumerable.Range(0, length).Select(_ => random.Next(Count))];
            var destination = Enumerable.Repeat((byte)0xA5, length * elementBytes + 16).ToArray();
            StridedCopy.Gather(source.AsSpan(1), elementBytes, places, destination.AsSpan(0, length * elementBytes));
            for (var i = 0; i < length; i++)
                LazyAssert.True(source.AsSpan(1 + places[i] * elementBytes, elementBytes).SequenceEqual(destination.AsSpan(i * elementBytes, elementBytes)), $"length {length}, element {i}");
            Assert.All(destination[(length * elementBytes)..], value => Assert.Equal(0xA5, value));
        }
    }

    [Fact]
    public void Gather_PlacesThatDoNotFit_AreRefused()
    {
        Assert.Throws<IndexOutOfRangeException>(() => StridedCopy.Gather(new byte[8], 4, [2], new byte[4]));
        Assert.Throws<IndexOutOfRangeException>(() => StridedCopy.Gather(new byte[8], 4, [-1], new byte[4]));
        Assert.Throws<ArgumentException>(() => StridedCopy.Gather(new byte[8], 4, [0, 1], new byte[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => StridedCopy.Gather(new byte[8], 3, [0], new byte[3]));
    }

    [Fact]
    public void Gather_SourceTooShort_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => StridedCopy.Gather(new byte[8], 4, 2, new byte[8]));
        Assert.Throws<ArgumentException>(() => StridedCopy.Gather([], 4, 0, new byte[4]));
        Assert.Throws<ArgumentException>(() => StridedCopy.Gather(new byte[8], 4, int.MaxValue, new byte[12]));
    }

    [Fact]
    public void Gather_OtherElementSizeOrStride_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => StridedCopy.Gather(new byte[8], 3, 1, new byte[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => StridedCopy.Gather(new byte[8], 4, -1, new byte[4]));
    }
}
