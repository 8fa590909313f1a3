using Galvani.Checkpoints.Writing;
using Galvani.Generation;
using Galvani.Kernels;
using Galvani.Models.OpenNmt;

namespace Galvani.Tests;

/// <summary>A model that is disposed while others are at work with it: packed weights are read where the file is mapped, and reading memory that was given back would end the process.</summary>
public sealed class ModelDisposalTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Dispose_InTheMiddleOfATranslation_ClosesTheFileBehindIt(bool isPacked)
    {
        using var folder = new TemporaryFolder();
        using var model = Open(folder, isPacked);
        var expected = new Translator(model).Translate("Открыть файл", Cancellation).Text;
        var disposal = new DisposeAtStep(model);

        var translator = new Translator(model, new TranslationOptions { Search = new SearchOptions { Rules = [disposal] } });
        Assert.Equal(expected, translator.Translate("Открыть файл", Cancellation).Text);

        Assert.True(disposal.WasOpenAfterwards);
        Assert.False(IsOpen(model));
        Assert.Equal(typeof(NmtModel).FullName, Assert.Throws<ObjectDisposedException>(() => translator.Translate("Открыть файл", Cancellation)).ObjectName);
    }

    [Fact]
    public void Dispose_OfOneOfAnEnsemble_ClosesItsFileBehindTheTranslation()
    {
        using var folder = new TemporaryFolder();
        using var first = Open(folder, isPacked: true);
        using var second = Open(folder, isPacked: true);
        var expected = new Translator([first, second]).Translate("Открыть файл", Cancellation).Text;
        var disposal = new DisposeAtStep(second);

        var translator = new Translator([first, second], new TranslationOptions { Search = new SearchOptions { Rules = [disposal] } });
        Assert.Equal(expected, translator.Translate("Открыть файл", Cancellation).Text);

        Assert.True(disposal.WasOpenAfterwards);
        Assert.False(IsOpen(second));
        Assert.Throws<ObjectDisposedException>(() => translator.Translate("Открыть файл", Cancellation));
        Assert.Equal(expected, new Translator(first).Translate("Открыть файл", Cancellation).Text); // its use has ended, too
        first.Dispose();
        Assert.False(IsOpen(first));
    }

    [Fact]
    public void Dispose_Twice_ClosesOnce()
    {
        using var folder = new TemporaryFolder();
        var model = Open(folder, isPacked: true);
        model.Dispose();
        model.Dispose();
        Assert.False(IsOpen(model));
    }

    [Fact]
    public void Dispose_BeforeScoresStatesAndVectors_IsNamedByEach()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var (scorer, states, encoder, line) = (new Scorer(model), new StateReader(model), new SentenceEncoder(model), model.Tokenize("Открыть файл"));
        var running = new RunningVector(encoder);
        running.Add(line.Ids[0]);
        model.Dispose();

        Assert.All(
            (Action[])
            [
                () => scorer.Score("Открыть файл", "Open File"), () => states.Read(line), () => encoder.Encode(line), () => encoder.EncodeTokens(line), () => encoder.TokenVector(5),
                () => encoder.PositionVector(0), () => running.Finish(new float[encoder.Width]), () => new LikelyTokens(model).Dispose(),
            ],
            use => Assert.Equal(typeof(NmtModel).FullName, Assert.Throws<ObjectDisposedException>(use).ObjectName));
    }

    [Fact]
    public void Dispose_OfLikelyTokens_LetsTheModelBeClosed()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var likely = new LikelyTokens(model);
        model.Dispose();
        Assert.True(IsOpen(model));
        likely.Dispose();
        likely.Dispose();
        Assert.False(IsOpen(model));
        Assert.Throws<ObjectDisposedException>(() => likely.Find([model.Tokenize("Открыть файл")], Cancellation));
    }

    private static NmtModel Open(TemporaryFolder folder, bool isPacked)
    {
        if (!isPacked)
            return NmtModel.Open(Repository.Sample("model.pt"));
        var path = folder.File("packed.galvani");
        if (!File.Exists(path))
        {
            using var checkpoint = OpenNmtCheckpoint.Open(Repository.Sample("model.pt"));
            CheckpointConversion.Run(checkpoint, CheckpointDestination.File(path), new ConversionOptions { Packing = ProductFormat.Single }, cancellationToken: Cancellation);
        }

        return NmtModel.Open(path, new NmtModelOptions { TokenizerPath = Repository.Sample("sentencepiece.model") });
    }

    private static bool IsOpen(NmtModel model)
    {
        try
        {
            model.Checkpoint.Tensors[0].View.ToSingles();
            return true;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Disposes a model at the second step of a search, and sees whether it is still open at the next.</summary>
    private sealed class DisposeAtStep(NmtModel model) : IDecodingRule
    {
        public bool WasOpenAfterwards { get; private set; }

        public void Apply(ReadOnlySpan<int> tokens, Span<float> logProbabilities)
        {
            if (tokens.Length == 1)
                model.Dispose();
            if (tokens.Length == 2)
                WasOpenAfterwards = IsOpen(model);
        }
    }
}
