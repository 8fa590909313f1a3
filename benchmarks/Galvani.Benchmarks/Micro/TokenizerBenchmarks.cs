using System.Text;
using BenchmarkDotNet.Attributes;
using Galvani.Text;

namespace Galvani.Benchmarks.Micro;

/// <summary>One sentence of the sample's test set: the fast path, the full result, and decoding; and opening the model.</summary>
[MemoryDiagnoser]
public class TokenizerBenchmarks
{
    private readonly SentencePieceWorkspace _workspace = new();
    private byte[] _sentence = [];
    private int[] _ids = [];
    private string _path = "";
    private SentencePieceModel? _model;

    private SentencePieceModel Model => _model ?? throw new InvalidOperationException("Setup has not run.");

    /// <summary>The model: unigram (the sample's) or BPE.</summary>
    [Params("samples/ru-en/sentencepiece.model", "tests/Golden/sentencepiece/bpe_bf0.model")]
    public string File { get; set; } = "";

    /// <summary>Opens the model and picks the sentence.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _path = Path.Combine(Measure.RepositoryRoot, File);
        _model = SentencePieceModel.Load(_path);
        _sentence = Encoding.UTF8.GetBytes(System.IO.File.ReadLines(Path.Combine(Measure.RepositoryRoot, "samples", "ru-en", "test.ru")).First());
        _ids = _model.EncodeIds(_sentence, _workspace).ToArray();
    }

    /// <summary>Ids only.</summary>
    [Benchmark(Baseline = true)]
    public int EncodeIds() => Model.EncodeIds(_sentence, _workspace).Length;

    /// <summary>Pieces, ids and offsets.</summary>
    [Benchmark]
    public int Encode() => Model.Encode(_sentence, _workspace).Ids.Count;

    /// <summary>Ids to text.</summary>
    [Benchmark]
    public string Decode() => Model.Decode(_ids);

    /// <summary>Opening the file.</summary>
    [Benchmark]
    public int Load() => SentencePieceModel.Load(_path).PieceCount;
}
