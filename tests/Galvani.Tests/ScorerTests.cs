using System.Text;
using Galvani.Tests.Models;
using Galvani.Text;

namespace Galvani.Tests;

/// <summary>Scores of the sample, of a golden translation model and of language models, equal to OpenNMT-py's.</summary>
public sealed class ScorerTests
{
    // Seen at most 3.1E-005 (sums of up to 37 tokens) and 2.2E-005 (a token's, of magnitude 15), on AVX2 and FMA; four times that, as other instruction sets round elsewhere.
    private const double ScoreTolerance = 1.2e-4;
    private const double TokenTolerance = 1e-4;

    [Fact]
    public void Score_SampleLines_EqualOpenNmt()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var scorer = new Scorer(model);
        for (var line = 0; line < SampleLines.Count; line++)
        {
            var score = scorer.Score(SampleLines.Source(line), SampleLines.Target(line));
            Assert.Equal(SampleLines.ExpectedIds(line, "target_out"), score.Ids.Select(id => (long)id));
            NumericAssert.Close(SampleLines.Expected(line, "token_log_probs"), [.. score.TokenLogProbabilities], TokenTolerance, $"line {line}, tokens");
            NumericAssert.Close(SampleLines.Expected(line, "gold_score"), [(float)score.LogProbability], ScoreTolerance, $"line {line}, gold score");
            Assert.Equal(Math.Exp(-score.LogProbability / score.Ids.Count), score.Perplexity, 1e-9);
            var rows = scorer.LogProbabilities(model.Tokenize(SampleLines.Source(line)), scorer.TokenizeTarget(SampleLines.Target(line)));
            var expected = SampleLines.Expected(line, "log_probs.first3");
            NumericAssert.Close(expected, rows.AsSpan(0, expected.Length), TokenTolerance, $"line {line}, log-probabilities");
        }
    }

    [Fact]
    public void Score_GoldenTargets_EqualOpenNmtsGoldScores()
    {
        using var golden = new GoldenModel("base");
        var scorer = new Scorer(golden.Model);
        var (sources, targets) = (File.ReadAllLines(Repository.Golden("base", "source.txt")), File.ReadAllLines(Repository.Golden("base", "target.txt")));
        for (var line = 0; line < sources.Length; line++)
        {
            var score = scorer.Score(golden.Model.TakePieces(sources[line]), scorer.TakeTargetPieces(targets[line]));
            Assert.Equal(golden.Ids(line, "target_out"), score.Ids);
            NumericAssert.Close(golden.Expected(line, "gold_score"), [(float)score.LogProbability], ScoreTolerance, $"line {line}");
        }
    }

    [Fact]
    public void Score_LanguageModel_ReadsTheRowsOfOneFullPass()
    {
        using var golden = new GoldenModel("lm-rotary");
        var scorer = new Scorer(golden.Model);
        var v = golden.Model.TargetVocabulary!.Count;
        var lines = File.ReadAllLines(Repository.Golden("lm-rotary", "source.txt"));
        for (var line = 0; line < lines.Length; line++)
        {
            var text = golden.Model.TakePieces(lines[line]);
            var expected = golden.Expected(line, "log_probs"); // [S, V]
            NumericAssert.CloseToLargest(expected, scorer.LogProbabilities(text), 1e-5, $"line {line}");
            var score = scorer.Score(text);
            float[] tokens = [.. score.Ids.Select((id, s) => expected[s * v + id])];
            NumericAssert.Close(tokens, [.. score.TokenLogProbabilities], TokenTolerance, $"line {line}, tokens");
            Assert.Equal(golden.Model.TargetVocabulary.IdOf(Vocabulary.End), score.Ids[^1]);
            Assert.Equal(Math.Exp(-tokens.Skip(1).Average(value => (double)value)), score.Perplexity, 1e-2 * score.Perplexity);
        }
    }

    [Fact]
    public void Score_TwoThreads_GivesTheSameBytes()
    {
        using var one = NmtModel.Open(Repository.Sample("model.pt"));
        using var two = NmtModel.Open(Repository.Sample("model.pt"), new NmtModelOptions { ThreadCount = 2 });
        for (var line = 0; line < SampleLines.Count; line++)
        {
            Assert.Equal(
                new Scorer(one).Score(SampleLines.Source(line), SampleLines.Target(line)).TokenLogProbabilities,
                new Scorer(two).Score(SampleLines.Source(line), SampleLines.Target(line)).TokenLogProbabilities);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => NmtModel.Open(Repository.Sample("model.pt"), new NmtModelOptions { ThreadCount = 0 }));
    }

    [Fact]
    public void Score_PaddingInTheTarget_CountsNothing()
    {
        using var golden = new GoldenModel("base");
        var scorer = new Scorer(golden.Model);
        var score = scorer.Score(golden.Model.TakePieces("▁a5"), scorer.TakeTargetPieces("▁a6 <blank> ▁a7"));
        Assert.Equal(0, score.TokenLogProbabilities[1]);
        Assert.Equal(score.TokenLogProbabilities.Sum(value => (double)value), score.LogProbability);
    }

    [Fact]
    public void Score_WithoutTokensOrWithTheWrongModel_SaysSo()
    {
        using var golden = new GoldenModel("base");
        var scorer = new Scorer(golden.Model);
        Assert.Contains("no tokens", Assert.Throws<ArgumentException>(() => scorer.Score(golden.Model.TakePieces(""), scorer.TakeTargetPieces("▁a6"))).Message, StringComparison.Ordinal);
        Assert.Contains("translates", Assert.Throws<ArgumentException>(() => scorer.Score(golden.Model.TakePieces("▁a5"))).Message, StringComparison.Ordinal);
        Assert.Equal(golden.Model.TargetVocabulary!.IdOf(Vocabulary.End), Assert.Single(scorer.Score(golden.Model.TakePieces("▁a5"), scorer.TakeTargetPieces("")).Ids));
        using var lm = new GoldenModel("lm");
        Assert.Throws<ArgumentException>(() => new Scorer(lm.Model).Score(lm.Model.TakePieces("▁a5"), lm.Model.TakePieces("▁a5")));
    }

    [Theory]
    [InlineData("<s>")]
    [InlineData("")]
    public void ScoreParts_OfAText_AreThePartsScoresWithOneEndToken(string start)
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(new SyntheticModel("lm-alibi").WithStartToken(start).Write(folder.Root));
        var scorer = new Scorer(model);
        TokenizedLine[] parts = [model.TakePieces("▁a5 ▁a6 ▁a7"), model.TakePieces("▁a8 ▁a9")];
        var (first, second) = (scorer.Score(parts[0]), scorer.Score(parts[1]));
        var whole = scorer.ScoreParts(parts);
        Assert.Equal([.. first.Ids.SkipLast(1), .. second.Ids], whole.Ids);
        Assert.Equal([.. first.TokenLogProbabilities.SkipLast(1), .. second.TokenLogProbabilities], whole.TokenLogProbabilities);
        var unseen = start.Length > 0 ? 1 : 0; // tokens with nothing before them
        IEnumerable<float> counted = [.. first.TokenLogProbabilities.SkipLast(1).Skip(unseen), .. second.TokenLogProbabilities.Skip(unseen)];
        Assert.Equal(Math.Exp(-counted.Average(value => (double)value)), whole.Perplexity, 1e-9);
        var rows = scorer.LogProbabilitiesOfParts(parts); // [T, V]
        var v = model.TargetVocabulary!.Count;
        Assert.Equal(whole.Ids.Count * v, rows.Length);
        Assert.Equal(whole.TokenLogProbabilities, whole.Ids.Select((id, t) => rows[t * v + id]));
        Assert.Equal(first.TokenLogProbabilities, scorer.ScoreParts([parts[0]]).TokenLogProbabilities);
        var running = new RunningScore(scorer);
        Assert.Equal(whole.Ids, (IEnumerable<int>)[.. running.Add(parts[0]).Ids, .. running.AddLast(parts[1]).Ids]);
        Assert.Equal((whole.Ids.Count, whole.LogProbability, whole.Perplexity), (running.TokenCount, running.LogProbability, running.Perplexity));
        Assert.Throws<ArgumentException>(() => scorer.ScoreParts([]));
        Assert.Throws<ArgumentException>(() => scorer.ScoreParts([parts[0], model.TakePieces("")]));
    }

    [Fact]
    public void Score_TranslationBeyondTheTable_NamesTheLimit()
    {
        using var golden = new GoldenModel("base"); // 96 rows
        var (scorer, reader) = (new Scorer(golden.Model), new StateReader(golden.Model));
        var source = golden.Model.TakePieces("▁a5");
        Assert.Equal(95, scorer.MaximumTargetLength);
        Assert.Equal(96, scorer.Score(source, Target(95)).Ids.Count);
        Assert.Contains("has 96 pieces, the limit is 95", Assert.Throws<ArgumentException>(() => scorer.Score(source, Target(96))).Message, StringComparison.Ordinal);
        Assert.Contains("has 96 pieces, the limit is 95", Assert.Throws<ArgumentException>(() => reader.Read(source, Target(96))).Message, StringComparison.Ordinal);

        TokenizedLine Target(int count) => scorer.TakeTargetPieces(string.Join(' ', Enumerable.Repeat("▁a6", count)));
    }

    [Fact]
    public void RequireTargetFits_AsManyAsTheTableTakes_PassAndOneMoreIsNamed()
    {
        using var golden = new GoldenModel("base"); // 96 rows
        var scorer = new Scorer(golden.Model);
        scorer.RequireTargetFits(95);
        Assert.Contains("has 96 pieces, the limit is 95", Assert.Throws<ArgumentException>(() => scorer.RequireTargetFits(96)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TokenizeTarget_MorePiecesThanWanted_GivesTheFirstAndCountsAll()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var scorer = new Scorer(model);
        var text = File.ReadLines(Repository.Sample("test.en")).MaxBy(line => line.Length)! + " \u16A0\u16A1";
        var whole = scorer.TokenizeTarget(text);
        for (var most = 0; most <= whole.Ids.Count + 1; most++)
        {
            var first = scorer.TokenizeTarget(text, most, out var count, TestContext.Current.CancellationToken);
            Assert.Equal(whole.Ids.Count, count);
            Assert.Equal(whole.Pieces.Take(most), first.Pieces);
            Assert.Equal(whole.Ids.Take(most), first.Ids);
        }
    }

    [Fact]
    public void TokenizeTargetAndToIds_Cancelled_StopWhileAWordIsCut()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var (scorer, word, cancelled) = (new Scorer(model), new string('a', 100_000), new CancellationToken(canceled: true));
        Assert.Throws<OperationCanceledException>(() => scorer.TokenizeTarget(word, mostPieces: 10, out _, cancelled));
        Assert.Throws<OperationCanceledException>(() => { model.TokenizeToIds(Encoding.UTF8.GetBytes(word), new SentencePieceWorkspace(), cancelled); });
    }

    [Fact]
    public void TakeTargetPieces_MorePiecesThanWanted_GivesTheFirstAndCountsAll()
    {
        using var golden = new GoldenModel("base");
        var scorer = new Scorer(golden.Model);
        var first = scorer.TakeTargetPieces(" ▁a6  ▁a7 ▁a5 none ", mostPieces: 2, out var count);
        Assert.Equal(4, count);
        Assert.Equal(["▁a6", "▁a7"], first.Pieces);
        Assert.Equal(first.Ids, scorer.TakeTargetPieces("▁a6 ▁a7").Ids);
    }

    [Theory]
    [InlineData("<s>", 4)]
    [InlineData("", 3)]
    public void Score_LanguageModelWithoutAStartToken_ScoresWhatFollowsTheFirstToken(string start, int count)
    {
        using var folder = new TemporaryFolder();
        using var model = NmtModel.Open(new SyntheticModel("lm-alibi").WithStartToken(start).Write(folder.Root));
        var scorer = new Scorer(model);
        var score = scorer.Score(model.TakePieces("▁a5 ▁a6 ▁a7"));
        Assert.Equal((count, 0), (score.Ids.Count, scorer.Notes.Count));
        Assert.Equal(Math.Exp(-score.TokenLogProbabilities.TakeLast(3).Average(value => (double)value)), score.Perplexity, 1e-9);
    }

    [Theory]
    [InlineData("generator.weight")]
    [InlineData("decoder.embeddings.make_embedding.emb_luts.0.weight")]
    [InlineData("decoder.embeddings.make_embedding.emb_luts.0.weight", "generator.weight")]
    public void Score_TiedTensorsLeftOutOfTheFile_AreTakenFromTheirTwins(params string[] names)
    {
        using var folder = new TemporaryFolder();
        using var whole = NmtModel.Open(new SyntheticModel("shared-decoder-embeddings").Set("share_embeddings", true).Tie().Write(folder.Root));
        var expected = Score(whole);
        using var other = new TemporaryFolder();
        using var reduced = NmtModel.Open(new SyntheticModel("shared-decoder-embeddings").Set("share_embeddings", true).Tie().Remove(names.Contains).Write(other.Root));
        Assert.Equal(expected, Score(reduced));

        static IReadOnlyList<float> Score(NmtModel model)
        {
            var scorer = new Scorer(model);
            return scorer.Score(model.TakePieces("▁a5 ▁a6"), scorer.TakeTargetPieces("▁a7 ▁a8")).TokenLogProbabilities;
        }
    }
}
