namespace Galvani.Kernels.Tests;

/// <summary>Counts of values, against counting one by one.</summary>
public sealed class ValueCountsTests
{
    [Fact]
    public void Add_EveryLengthOfBytes_CountsEachValue()
    {
        var random = new Random(1);
        var expected = new long[ValueCounts.ByteValues];
        var counts = new long[ValueCounts.ByteValues];
        for (var length = 0; length <= 257; length++)
        {
            var bytes = Bytes(random, length);
            ValueCounts.Add(bytes, counts);
            foreach (var value in bytes)
                expected[value]++;
            Assert.Equal(expected, counts);
        }
    }

    [Fact]
    public void Add_ElementsOfTwoBytes_CountsEachValueLowerByteFirst()
    {
        var counts = new long[ValueCounts.PairValues];
        ValueCounts.Add([1, 2, 1, 2, 0xFF, 0xFF, 2, 1], counts);
        Assert.Equal((2, 1, 1), (counts[0x0201], counts[0xFFFF], counts[0x0102]));
        Assert.Equal(4, counts.Sum());
    }

    [Fact]
    public void AddPairs_Bytes_CountsByFirstThenBySecond()
    {
        var random = new Random(2);
        var (first, second) = (Bytes(random, 10_000), Bytes(random, 10_000));
        var counts = new long[ValueCounts.PairValues];
        ValueCounts.AddPairs(first, second, counts);
        ValueCounts.AddPairs(first, second, counts);
        var expected = new long[ValueCounts.PairValues];
        for (var i = 0; i < first.Length; i++)
            expected[first[i] * 256 + second[i]] += 2;
        Assert.Equal(expected, counts);
    }

    [Fact]
    public void Add_OtherSizes_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => ValueCounts.Add([1], new long[257]));
        Assert.Throws<ArgumentException>(() => ValueCounts.Add([1], new long[ValueCounts.PairValues]));
        Assert.Throws<ArgumentException>(() => ValueCounts.AddPairs([1], [1, 2], new long[ValueCounts.PairValues]));
        Assert.Throws<ArgumentException>(() => ValueCounts.AddPairs([1], [1], new long[ValueCounts.ByteValues]));
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
