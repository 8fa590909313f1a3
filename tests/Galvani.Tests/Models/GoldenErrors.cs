using System.Globalization;

namespace Galvani.Tests.Models;

/// <summary>
/// The allowance of golden tensors, from <c>tests/Golden/forward-pass-errors.tsv</c>: for each option and kind of tensor the largest error seen when it was recorded, on AVX2 with FMA. Allowed is four
/// times that, as other instruction sets round elsewhere, and at least a few roundings of numbers near 1.
/// </summary>
internal static class GoldenErrors
{
    private const double Factor = 4;
    private const double SmallestTolerance = 1e-6;

    private static readonly Dictionary<(string Option, string Kind), double> Seen = File.ReadLines(Repository.Golden("forward-pass-errors.tsv")).Skip(1)
        .Select(line => line.Split('\t')).ToDictionary(parts => (parts[0], parts[1]), parts => double.Parse(parts[2], CultureInfo.InvariantCulture));

    public static void Check(string option, string kind, ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what) =>
        NumericAssert.Close(expected, actual, Math.Max(SmallestTolerance, Factor * Seen[(option, kind)]), $"{option}, {what}");
}
