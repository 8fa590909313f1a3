using Galvani.Checkpoints.Numpy;
using Galvani.Embeddings;

namespace Galvani.Tests;

/// <summary>The study's vectors and cosines, equal to torch's.</summary>
public sealed class SentenceEncoderTests
{
    private const double Tolerance = 1e-6;

    private static readonly string[] Lines = File.ReadAllLines(Repository.Sample("study-lines.txt"));
    private static readonly IReadOnlyDictionary<string, NumpyArray> Expected = NpzFile.Read(Repository.Sample("study.npz"));

    public static TheoryData<EmbeddingScaling, VectorParts> Ways =>
        new() { { EmbeddingScaling.Study, VectorParts.Sum }, { EmbeddingScaling.Study, VectorParts.Tokens }, { EmbeddingScaling.Model, VectorParts.Sum }, { EmbeddingScaling.Model, VectorParts.Tokens } };

    public static TheoryData<string> EncoderDecoderOptions => [.. Repository.GoldenOptions.Where(option => !option.StartsWith("lm", StringComparison.Ordinal))];

    [Fact]
    public void Tokenize_StudyLines_HaveTorchsIds()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        for (var i = 0; i < Lines.Length; i++)
            Assert.Equal(Expected[$"{i}.ids"].ToInt64s(), model.Tokenize(Lines[i]).Ids.Select(id => (long)id));
    }

    [Fact]
    public void EncodeTokens_StudyLines_EqualTorchsSums()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var encoder = new SentenceEncoder(model);
        for (var i = 0; i < Lines.Length; i++)
            NumericAssert.CloseToLargest(Expected[$"{i}.tokens"].ToSingles(), encoder.EncodeTokens(model.Tokenize(Lines[i])), Tolerance, Lines[i]);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Encode_StudyLines_EqualTorchsVectorsAndCosines(EmbeddingScaling scaling, VectorParts parts)
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var way = $"{(scaling == EmbeddingScaling.Study ? "study" : "model")}.{(parts == VectorParts.Sum ? "positions" : "no-positions")}";
        var plain = new SentenceEncoder(model, new EmbeddingOptions { Scaling = scaling, Parts = parts });
        var vectors = Expected[way + ".vectors"].ToSingles();
        for (var i = 0; i < Lines.Length; i++)
            NumericAssert.CloseToLargest(vectors.AsSpan(i * plain.Width, plain.Width), plain.Encode(Lines[i]), Tolerance, Lines[i]);
        foreach (var count in (int[])[256, 128, 64, 32, 16])
        {
            var cut = new SentenceEncoder(model, new EmbeddingOptions { Scaling = scaling, Parts = parts, Dimensions = new DimensionRange(0, count), IsCentered = true });
            var matrix = Similarity.Matrix([.. Lines.Select(cut.Encode)]);
            var expected = Expected[$"{way}.cosine.{count}"].ToDoubles();
            for (var i = 0; i < expected.Length; i++)
                Assert.Equal(expected[i], matrix[i / Lines.Length, i % Lines.Length], Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Encode_Ids_GivesTheVectorOfTheTokens(EmbeddingScaling scaling, VectorParts parts)
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        foreach (var range in (DimensionRange?[])[null, new DimensionRange(3, 17)])
        {
            var encoder = new SentenceEncoder(model, new EmbeddingOptions { Scaling = scaling, Parts = parts, Dimensions = range, IsCentered = range is not null });
            var vector = new float[encoder.Width];
            foreach (var line in File.ReadLines(Repository.Sample("test.ru")))
            {
                var tokens = model.Tokenize(line);
                encoder.Encode([.. tokens.Ids], vector);
                NumericAssert.CloseToLargest(MeanOfRows(encoder, tokens), vector, Tolerance, line);
                Assert.Equal(encoder.Encode(tokens), vector);
            }

            encoder.Encode([], vector);
            Assert.All(vector, component => Assert.Equal(0, component));
        }
    }

    [Fact]
    public void Encode_IdsThatDoNotFit_AreRefused()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var encoder = new SentenceEncoder(model);
        Assert.Throws<ArgumentException>(() => encoder.Encode([8008], new float[encoder.Width]));
        Assert.Throws<ArgumentException>(() => encoder.Encode([1], new float[encoder.Width - 1]));
        Assert.Throws<ArgumentException>(() => encoder.Encode(new int[5001], new float[encoder.Width]));
        Assert.Throws<InvalidOperationException>(() => new SentenceEncoder(model, new EmbeddingOptions { Parts = VectorParts.Positions }).Encode([1], new float[encoder.Width]));
    }

    [Fact]
    public void TokenizeToIds_AnyLine_EqualsTokenize()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var workspace = new Galvani.Text.SentencePieceWorkspace();
        string[] odd = ["", " ", "\u3000Мама  мыла\u00a0раму \u0085", "漢字 Мама 🙂🙂", "<unk> </s> <blank>", "\u0000 x", "▁▁ ▁"];
        foreach (var line in File.ReadLines(Repository.Sample("test.ru")).Concat(odd))
        {
            var utf8 = System.Text.Encoding.UTF8.GetBytes(line);
            Assert.Equal(model.Tokenize(utf8).Ids, model.TokenizeToIds(utf8, workspace, TestContext.Current.CancellationToken).ToArray());
        }

        byte[] broken = [0xD0, (byte)' ', 0xFF, (byte)'a', 0x80];
        Assert.Equal(model.Tokenize(broken).Ids, model.TokenizeToIds(broken, workspace, TestContext.Current.CancellationToken).ToArray());
    }

    private static float[] MeanOfRows(SentenceEncoder encoder, TokenizedLine tokens)
    {
        var plain = new SentenceEncoder(encoder.Model, encoder.Options with { Dimensions = null, IsCentered = false });
        return encoder.Finish(Pooling.Mean(plain.EncodeTokens(tokens), plain.Width));
    }

    [Theory]
    [MemberData(nameof(EncoderDecoderOptions))]
    public void EncodeTokens_ModelScaling_EqualsTheModelsOwnEmbedding(string option)
    {
        var expected = NpzFile.Read(Repository.Golden(option, "expected.npz"));
        using var model = NmtModel.Open(Repository.Golden(option, "model.pt"));
        var encoder = new SentenceEncoder(model, new EmbeddingOptions { Scaling = EmbeddingScaling.Model });
        var hasFeatures = File.Exists(Repository.Golden(option, "source.feats.txt"));
        var lines = File.ReadAllLines(Repository.Golden(option, hasFeatures ? "source.feats.txt" : "source.txt"));
        for (var i = 0; i < lines.Length; i++)
        {
            var line = model.TakePieces(lines[i]);
            Assert.Equal(expected[$"{i}.source"].ToInt64s(), line.Ids.Select(id => (long)id));
            NumericAssert.CloseToLargest(expected[$"{i}.embedded"].ToSingles(), encoder.EncodeTokens(line), Tolerance, $"{option}, line {i}");
        }
    }

    [Fact]
    public void Encode_PermutedSentence_HasCosineOneEvenWithPositions()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var encoder = new SentenceEncoder(model);
        var forward = encoder.Encode(model.TakePieces("▁Мама ▁мы ла ▁файл"));
        var backward = encoder.Encode(model.TakePieces("▁файл ла ▁мы ▁Мама"));
        Assert.Equal(1, Similarity.Cosine(forward, backward), 1e-9);
        Assert.NotEqual(encoder.EncodeTokens(model.TakePieces("▁Мама ▁мы")), encoder.EncodeTokens(model.TakePieces("▁мы ▁Мама")));
    }

    [Fact]
    public void Encode_LineLongerThanThePositionalTable_NamesTheLimit()
    {
        using var model = NmtModel.Open(Repository.Golden("base", "model.pt"));
        var exception = Assert.Throws<ArgumentException>(() => new SentenceEncoder(model).Encode(model.TakePieces(string.Join(' ', Enumerable.Repeat("▁a1", 97)))));
        Assert.Contains("96", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_ModelWithFeatures_AsksForPieces()
    {
        using var model = NmtModel.Open(Repository.Golden("features-sum", "model.pt"));
        Assert.Contains("give pieces (NmtModel.TakePieces)", Assert.Throws<ArgumentException>(() => model.Tokenize("text")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_ModelWithPiecesButNoTokenizer_SaysWhatToGive()
    {
        using var model = NmtModel.Open(Repository.Golden("base", "model.pt"));
        Assert.Contains("give NmtModelOptions.TokenizerPath or NmtModel.TakePieces", Assert.Throws<ArgumentException>(() => model.Tokenize("text")).Message, StringComparison.Ordinal);
    }
}
