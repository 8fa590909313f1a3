using BenchmarkDotNet.Attributes;
using Galvani.Kernels;

namespace Galvani.Benchmarks.Micro;

/// <summary>One product, weights in the cache where they fit, in each format.</summary>
[MemoryDiagnoser]
public class ProductBenchmarks
{
    private readonly ProductWorkspace _workspace = new();
    private float[] _input = [];
    private float[] _bias = [];
    private float[] _output = [];
    private ProductWeight? _weight;

    private ProductWeight Weight => _weight ?? throw new InvalidOperationException("Setup has not run.");

    /// <summary>R x N x K.</summary>
    [Params("1x768x768", "32x768x768", "640x1536x768")]
    public string Shape { get; set; } = "";

    /// <summary>How the weight is held.</summary>
    [Params(ProductFormat.Single, ProductFormat.Int8, ProductFormat.Int8Exact)]
    public ProductFormat Format { get; set; }

    /// <summary>Makes the operands.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var numbers = Shape.Split('x').Select(number => int.Parse(number, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        var random = new Random(1);
        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        (_input, _bias, _output) = (Numbers(numbers[0] * numbers[2]), Numbers(numbers[1]), new float[numbers[0] * numbers[1]]);
        _weight = ProductWeight.Pack(Numbers(numbers[1] * numbers[2]), numbers[1], numbers[2], Format);
    }

    /// <summary>The product with its bias.</summary>
    [Benchmark]
    public void Multiply() => MatMul.Multiply(_input, Weight, new Epilogue { Bias = _bias }, _output, _workspace);
}
