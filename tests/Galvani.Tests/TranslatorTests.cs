using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Writing;
using Galvani.Generation;
using Galvani.Models;
using Galvani.Models.OpenNmt;
using Galvani.Tests.Models;
using Galvani.Tests.Models.OpenNmt;

namespace Galvani.Tests;

/// <summary>The facade: text in, text out. What models compute is checked by <see cref="TranslatorGoldenTests"/>.</summary>
public sealed class TranslatorTests
{
    private static readonly string[] Source = [.. File.ReadLines(Repository.Sample("test.ru")).Take(12)];

    [Fact]
    public void Translate_ALine_HasTextPiecesIdsAndScores()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var translation = new Translator(model).Translate("Открыть файл", TestContext.Current.CancellationToken);
        var best = Assert.Single(translation.Hypotheses);
        Assert.Equal("Open File", translation.Text);
        Assert.Equal(["▁Open", "▁File"], best.Pieces);
        Assert.Equal([463, 504, 3], best.Ids);
        Assert.Equal(best.TokenScores.Sum(score => (double)score) / 4, best.Score, 1e-5);
        Assert.Null(best.Attention);
        Assert.Null(best.Alignment);
        Assert.Equal(("Open File", "Open File"), (translation.ToString(), best.ToString()));
    }

    [Fact]
    public void Translate_NoText_HasNoHypothesis()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var translation = new Translator(model).Translate(" \u2028 ", TestContext.Current.CancellationToken);
        Assert.Empty(translation.Hypotheses);
        Assert.Equal("", translation.Text);
    }

    [Fact]
    public void Translate_AttentionAndAlignment_BelongTogether()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var translator = new Translator(model, new TranslationOptions { ReportsAttention = true, ReportsAlignment = true });
        foreach (var translation in translator.TranslateAll(Source, TestContext.Current.CancellationToken))
        {
            var best = translation.Hypotheses[0];
            Assert.Equal(best.Ids.Count, best.Attention!.Count);
            Assert.All(best.Attention, row => Assert.Equal(translation.Source.Ids.Count, row.Length));
            Assert.All(best.Attention, row => Assert.Equal(1, row.Sum(), 1e-4));
            Assert.Equal(Enumerable.Range(0, best.Pieces.Count), best.Alignment!.Select(pair => pair.Target).Order());
            Assert.All(best.Alignment!, pair => Assert.InRange(pair.Source, 0, translation.Source.Ids.Count - 1));
            Assert.Equal(best.Alignment!.OrderBy(pair => pair.Source).ThenBy(pair => pair.Target), best.Alignment!);
        }
    }

    [Fact]
    public void Notes_AlignmentLayerThatDoesNotExist_SayThatTheLastIsTaken()
    {
        using var model = NmtModel.Open(Repository.Golden("base", "model.pt")); // alignment_layer -3, two layers
        Assert.Equal(1, AlignmentPass.Layer(model, out var isReplaced));
        Assert.True(isReplaced);
        Assert.Contains(new Translator(model, new TranslationOptions { ReportsAlignment = true }).Notes, note => note.Contains("layer 1, the last", StringComparison.Ordinal));
        Assert.Empty(new Translator(model).Notes);
    }

    [Fact]
    public void Notes_LanguageModelWhoseVocabularyHasNoStartToken_SayWhatTextsBeginWith()
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(new SyntheticModel("lm").RenameToken("<s>", "▁s").Write(folder.Root)); // as OpenNMT-py 2 made them
        var translator = new Translator(model, new TranslationOptions { Search = new SearchOptions { MaximumLength = 3 } });
        Assert.Equal(["the vocabulary has no <s>, as in OpenNMT-py 2: prompts begin with <unk>"], translator.Notes);
        Assert.Equal(["the vocabulary has no <s>, as in OpenNMT-py 2: texts begin with <unk>"], new Scorer(model).Notes);
        var request = new TranslationRequest(model.TakePieces("▁a5"), 1);
        var unknown = NmtDecoder.ForPrompts(model.Decoder, [[0, .. request.Source.Ids]], new Workspace());
        var expected = new TokenSearch(new SearchOptions { MaximumLength = 3 }, new SpecialTokens(0, 3, 0, 1)).Run(unknown, [new GenerationRequest(1)], TestContext.Current.CancellationToken)[0][0];
        Assert.Equal(expected.Ids, translator.TranslateAll([request], TestContext.Current.CancellationToken)[0].Hypotheses[0].Ids);
    }

    [Fact]
    public void Translate_Alignment_IsTheLargestMeanOverTheHeadsOfTheLayer()
    {
        using var golden = new GoldenModel("base");
        var cancellation = TestContext.Current.CancellationToken;
        var translator = new Translator(golden.Model, new TranslationOptions { ReportsAlignment = true, Search = new SearchOptions { MaximumLength = 15 } });
        for (var line = 0; line < golden.Sources.Count; line++)
        {
            var best = translator.TranslateAll([new TranslationRequest(golden.Model.TakePieces(File.ReadLines(Repository.Golden("base", "source.txt")).ElementAt(line)), 1)], cancellation)[0].Hypotheses[0];
            var seen = new KeepEverything();
            int[] input = [golden.Model.Decoder.Tokens.Start, .. best.Ids.SkipLast(1)];
            _ = new SequencePass(golden.Model.Decoder, golden.Encode([line], observer: null), [input], SequenceContext.Causal, new Workspace(), seen);
            foreach (var pair in best.Alignment!)
            {
                var (weights, heads) = (seen.Cross[(1, pair.Target)], golden.Model.Config.HeadCount);
                var length = weights.Length / heads;
                var means = Enumerable.Range(0, length).Select(s => Enumerable.Range(0, heads).Average(head => (double)weights[head * length + s])).ToArray();
                Assert.Equal(means.Max(), means[pair.Source], 1e-6);
            }
        }
    }

    [Fact]
    public void TranslateAll_Cancelled_Ends()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => new Translator(model).TranslateAll(Source, source.Token));
    }

    [Fact]
    public void TranslateAll_CancelledInTheMiddle_EndsBeforeTheNextStep()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var source = new CancellationTokenSource();
        var rule = new CancelAtLength(2, source);
        var translator = new Translator(model, new TranslationOptions { Search = new SearchOptions { BeamWidth = 1, MinimumLength = 20, Rules = [rule] } });
        Assert.Throws<OperationCanceledException>(() => translator.TranslateAll(Source, source.Token));
        Assert.Equal(2, rule.Longest);
        Assert.Equal("Open File", new Translator(model).Translate("Открыть файл", TestContext.Current.CancellationToken).Text);
    }

    [Fact]
    public void TranslateAll_SampledWithASeed_DependsOnSeedAndLineNumberAlone()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var cancellation = TestContext.Current.CancellationToken;
        var expected = Sample(seed: 7, batchSize: 1, first: 0);
        Assert.Equal(expected, Sample(seed: 7, batchSize: 5, first: 0));
        Assert.Equal(expected, Sample(seed: 7, batchSize: 64, first: 0));
        Assert.Equal(expected.Skip(3), Sample(seed: 7, batchSize: 4, first: 3)); // the same lines with other neighbours
        Assert.NotEqual(expected, Sample(seed: 8, batchSize: 5, first: 0));
        Assert.NotEqual(Sample(seed: 7, batchSize: 5, first: 0, shift: 100), expected);

        List<string> Sample(long seed, int batchSize, int first, int shift = 0)
        {
            var search = new SearchOptions { BeamWidth = 2, HypothesisCount = 2, Sampling = new SamplingOptions { TopCount = 50, Seed = seed } };
            var requests = Source.Select((text, index) => new TranslationRequest(model.Tokenize(text), index + shift)).Skip(first).ToList();
            var translations = new Translator(model, new TranslationOptions { Search = search, BatchSize = batchSize }).TranslateAll(requests, cancellation);
            return [.. translations.Select(translation => string.Join('|', translation.Hypotheses.Select(hypothesis => $"{string.Join(' ', hypothesis.Ids)} {hypothesis.Score:R}")))];
        }
    }

    [Fact]
    public void TranslateAll_BatchSizeAndThreads_ChangeNothing()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var cancellation = TestContext.Current.CancellationToken;
        var expected = new Translator(model, new TranslationOptions { BatchSize = 1 }).TranslateAll(Source, cancellation).Select(Signature).ToList();
        var shared = new Translator(model, new TranslationOptions { BatchSize = 7 });
        var runs = new List<string>[3];
        Parallel.For(0, runs.Length, run => runs[run] = [.. shared.TranslateAll(Source, cancellation).Select(Signature)]);
        Assert.All(runs, run => Assert.Equal(expected, run));

        static string Signature(Translation translation) => string.Join('|', translation.Hypotheses.Select(hypothesis => $"{hypothesis.Text} {hypothesis.Score:R} {string.Join(' ', hypothesis.TokenScores.Select(score => score.ToString("R")))}"));
    }

    [Fact]
    public void PrefixIds_OfText_AreForcedAndShown()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var translator = new Translator(model);
        var request = new TranslationRequest(model.Tokenize("Открыть файл"), 1) { Prefix = translator.PrefixIds("Close the", TestContext.Current.CancellationToken) };
        Assert.StartsWith("Close the", translator.TranslateAll([request], TestContext.Current.CancellationToken)[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void PrefixIds_Cancelled_StopsWhileAWordIsCut()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        Assert.Throws<OperationCanceledException>(() => new Translator(model).PrefixIds(new string('a', 100_000), new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Translate_PrefixOfEveryLine_IsForcedAndTakenOffTheText()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"), new NmtModelOptions { TargetPrefix = "Close" });
        var translation = new Translator(model).Translate("Открыть файл", TestContext.Current.CancellationToken);
        Assert.Equal("▁Close", translation.Hypotheses[0].Pieces[0]);
        Assert.DoesNotContain("Close", translation.Text, StringComparison.Ordinal);
        Assert.False(translation.Text.StartsWith(' '));
    }

    [Theory]
    [InlineData("prefix,sentencepiece", "Close", "▁Close")]
    [InlineData("sentencepiece,prefix", "ed", "ed")] // behind the tokenizer the words are pieces
    public void Translate_RecordedTargetPrefix_IsForcedAndTakenOffTheText(string transforms, string prefix, string piece)
    {
        using var folder = new TemporaryFolder();
        var cancellation = TestContext.Current.CancellationToken;
        var path = WriteWithPrefixes(folder, transforms.Split(','), ("a", prefix), ("b", prefix));
        using var model = NmtModel.Open(path);
        var translator = new Translator(model);
        var translation = translator.Translate("Открыть файл", cancellation);
        Assert.Equal([model.TargetVocabulary!.IdOf(piece)], translator.PrefixIds("", cancellation));
        Assert.Equal(piece, translation.Hypotheses[0].Pieces[0]);
        Assert.Equal(string.Join("", translation.Hypotheses[0].Pieces.Skip(1)).Replace('▁', ' ').Trim(), translation.Text);
        Assert.Equal([piece, "▁Open"], new Scorer(model).TokenizeTarget(" Open ").Pieces);
        using var plain = NmtModel.Open(path, new NmtModelOptions { TargetPrefix = "" });
        Assert.Equal("Open File", new Translator(plain).Translate("Открыть файл", cancellation).Text);
        Assert.Equal(["▁Open"], new Scorer(plain).TokenizeTarget("Open").Pieces);
    }

    [Fact]
    public void Translate_CorporaWithDifferentTargetPrefixes_MustBeChosen()
    {
        using var folder = new TemporaryFolder();
        var cancellation = TestContext.Current.CancellationToken;
        var path = WriteWithPrefixes(folder, ["prefix", "sentencepiece"], ("a", "Close"), ("b", "Save"));
        using var model = NmtModel.Open(path);
        Assert.Contains("a: 'Close'; b: 'Save'", Assert.Throws<ArgumentException>(() => new Translator(model).Translate("Открыть файл", cancellation)).Message, StringComparison.Ordinal);
        using var chosen = NmtModel.Open(path, new NmtModelOptions { Corpus = "b" });
        Assert.Equal("▁Save", new Translator(chosen).Translate("Открыть файл", cancellation).Hypotheses[0].Pieces[0]);
    }

    [Theory]
    [InlineData("prefix,suffix,sentencepiece", "▁Close ▁Open ▁File", 1)]
    [InlineData("sentencepiece,suffix,prefix", "Close ▁Open File", 1)]
    [InlineData("suffix,sentencepiece,prefix", "Close ▁Open ▁File", 1)]
    [InlineData("sentencepiece", "▁Open", 0)]
    public void TokenizeTarget_RecordedPrefixAndSuffix_StandAroundTheTranslation(string transforms, string expected, int forcedCount)
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(WriteWithPrefixes(folder, transforms.Split(','), ("a", "Close")));
        Assert.Equal(expected, string.Join(' ', new Scorer(model).TokenizeTarget("Open").Pieces));
        Assert.Equal(forcedCount, new Translator(model).PrefixIds("", TestContext.Current.CancellationToken).Count); // a suffix is not forced
    }

    /// <summary>Writes the sample with corpora that have the transforms and each a target prefix; the suffix is <c>File</c>.</summary>
    private static string WriteWithPrefixes(TemporaryFolder folder, string[] transforms, params (string Corpus, string Prefix)[] corpora)
    {
        var list = CheckpointTree.List(transforms.Select(CheckpointTree.Text));
        using (var sample = OpenNmtCheckpoint.Open(Repository.Sample("model.pt")))
        {
            var data = CheckpointTree.Dictionary(corpora.Select(corpus => KeyValuePair.Create(corpus.Corpus, (PickleValue)CheckpointTree.Dictionary([
                new("transforms", list), new("src_prefix", CheckpointTree.Text("")), new("tgt_prefix", CheckpointTree.Text(corpus.Prefix)), new("tgt_suffix", CheckpointTree.Text("File")),
            ]))));
            ModelVariant.Write(Repository.Sample("model.pt"), folder.File("model.pt"), (_, numbers) => numbers, ModelVariant.Options(sample, ("transforms", list), ("data", data)));
        }

        File.Copy(Repository.Sample("sentencepiece.model"), folder.File("sentencepiece.model"));
        return folder.File("model.pt");
    }

    [Fact]
    public void Constructor_ModelsAndOptionsThatDoNotFit_SayWhy()
    {
        using var sample = NmtModel.Open(Repository.Sample("model.pt"));
        using var small = NmtModel.Open(Repository.Golden("base", "model.pt"));
        using var language = NmtModel.Open(Repository.Golden("lm", "model.pt"));
        Assert.Contains("another vocabulary", Assert.Throws<ArgumentException>(() => new Translator([sample, small])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Translator([]));
        Assert.Throws<ArgumentException>(() => new Translator([language, language]));
        Assert.Throws<ArgumentException>(() => new Translator(language, new TranslationOptions { ReportsAlignment = true }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Translator(sample, new TranslationOptions { BatchSize = 0 }));
        Assert.Throws<ArgumentException>(() => new Translator(sample, new TranslationOptions { Search = new SearchOptions { HypothesisCount = 9 } }));
    }

    [Fact]
    public void Constructor_CopyModelBesideAnother_IsRefusedAndTwoCopyModelsTranslate()
    {
        using var folder = new TemporaryFolder();
        using var plain = NmtModel.Open(Repository.Golden("base", "model.pt"));
        using var copying = NmtModel.Open(new SyntheticModel("base").WithCopyGenerator().Write(folder.Root));
        foreach (var models in (NmtModel[][])[[plain, copying], [copying, plain]])
            Assert.Contains("copies words of the source", Assert.Throws<ArgumentException>(() => new Translator(models)).Message, StringComparison.Ordinal);
        var request = new TranslationRequest(copying.TakePieces("▁a5 ▁neu ▁a7"), 1);
        var alone = new Translator(copying).TranslateAll([request], TestContext.Current.CancellationToken)[0].Hypotheses[0];
        foreach (var mean in Enum.GetValues<EnsembleMean>())
        {
            var twice = new Translator([copying, copying], new TranslationOptions { EnsembleMean = mean }).TranslateAll([request], TestContext.Current.CancellationToken)[0].Hypotheses[0];
            Assert.Equal(alone.Ids, twice.Ids);
            Assert.Equal(alone.Score, twice.Score, 1e-5);
        }
    }

    [Fact]
    public void PhraseTable_BrokenLine_IsNamed()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("t"), "a|||b\nc|||d|||e\n");
        Assert.Contains("line 2", Assert.Throws<ArgumentException>(() => PhraseTable.Open(folder.File("t"))).Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("t"), "a|||b \r\na|||c\n");
        var table = PhraseTable.Open(folder.File("t"));
        Assert.Equal(("c", "x", 1), (table.Find("a"), table.Find("x"), table.Count));
    }

    /// <summary>Cancels when a hypothesis has so many tokens, and remembers the longest that it saw.</summary>
    private sealed class CancelAtLength(int length, CancellationTokenSource source) : IDecodingRule
    {
        public int Longest { get; private set; }

        public void Apply(ReadOnlySpan<int> tokens, Span<float> logProbabilities)
        {
            Longest = Math.Max(Longest, tokens.Length);
            if (tokens.Length == length)
                source.Cancel();
        }
    }
}
