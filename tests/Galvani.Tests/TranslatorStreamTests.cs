using System.Runtime.CompilerServices;

namespace Galvani.Tests;

/// <summary>Lines that come one after the other: <see cref="Translator.TranslateAsync"/>.</summary>
public sealed class TranslatorStreamTests
{
    private static readonly string[] Source = [.. File.ReadLines(Repository.Sample("test.ru")).Take(12)];

    [Fact]
    public async Task TranslateAsync_LinesAsTheyCome_EqualsAllAtOnce()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var translator = new Translator(model, new TranslationOptions { BatchSize = 5 });
        var expected = translator.TranslateAll(Source, TestContext.Current.CancellationToken).Select(translation => translation.Text);
        var actual = new List<string>();
        await foreach (var translation in translator.TranslateAsync(Lines(Source, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken))
            actual.Add(translation.Text);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public async Task TranslateAsync_SlowInput_AnswersBeforeTheNextLine()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var next = new TaskCompletionSource<string?>();
        await using var results = new Translator(model).TranslateAsync(Dialogue(), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await results.MoveNextAsync()); // the second line has not come yet
        Assert.Equal("Open File", results.Current.Text);
        next.SetResult(null);
        Assert.False(await results.MoveNextAsync());

        async IAsyncEnumerable<string> Dialogue()
        {
            yield return "Открыть файл";
            if (await next.Task is { } line)
                yield return line;
        }
    }

    [Fact]
    public async Task TranslateAsync_CancelledBetweenLines_Ends()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var source = new CancellationTokenSource();
        var texts = new List<string>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var translation in new Translator(model, new TranslationOptions { BatchSize = 1 }).TranslateAsync(Lines(["Открыть файл", "Размер шрифта"], source.Token), source.Token))
            {
                texts.Add(translation.Text);
                await source.CancelAsync();
            }
        });
        Assert.Equal(["Open File"], texts);
    }

    [Fact]
    public async Task TranslateAsync_LeftWhileALineIsUnderWay_CancelsTheLinesAndDisposesThem()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var lines = new EndlessLines("Открыть файл");
        await foreach (var translation in new Translator(model).TranslateAsync(lines, TestContext.Current.CancellationToken))
        {
            Assert.Equal("Open File", translation.Text);
            break;
        }

        Assert.True(lines.AreDisposed);
    }

    [Fact]
    public async Task TranslateAsync_LineThatIsTooLongWhileTheNextIsUnderWay_IsTheError()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        var lines = new EndlessLines(string.Join(' ', Enumerable.Repeat("слово", 6000)));
        var exception = await Assert.ThrowsAsync<ArgumentException>(() => ReadAll(new Translator(model).TranslateAsync(lines, TestContext.Current.CancellationToken)));
        Assert.Contains("6000 tokens", exception.Message, StringComparison.Ordinal);
        Assert.True(lines.AreDisposed);
    }

    [Fact]
    public async Task TranslateAsync_CancelledWhileALineIsUnderWay_Ends()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        using var source = new CancellationTokenSource();
        var lines = new EndlessLines("Открыть файл");
        await using var results = new Translator(model).TranslateAsync(lines, source.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await results.MoveNextAsync());
        var next = results.MoveNextAsync();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await next);
        Assert.True(lines.AreDisposed);
    }

    [Fact]
    public async Task TranslateAsync_LinesThatFail_FailsBehindTheTranslationsBefore()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        await using var results = new Translator(model).TranslateAsync(Broken(), TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        Assert.True(await results.MoveNextAsync());
        Assert.Equal("Open File", results.Current.Text);
        Assert.Equal("no more", (await Assert.ThrowsAsync<IOException>(async () => await results.MoveNextAsync())).Message);

        static async IAsyncEnumerable<string> Broken()
        {
            yield return "Открыть файл";
            await Task.Yield();
            throw new IOException("no more");
        }
    }

    [Fact]
    public void TranslateAsync_NoLines_IsRefusedAtOnce()
    {
        using var model = NmtModel.Open(Repository.Sample("model.pt"));
        Assert.Throws<ArgumentNullException>("texts", () => new Translator(model).TranslateAsync(null!, TestContext.Current.CancellationToken));
    }

    private static async Task ReadAll(IAsyncEnumerable<Translation> translations)
    {
        await foreach (var translation in translations)
            _ = translation;
    }

    private static async IAsyncEnumerable<string> Lines(IEnumerable<string> lines, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (var line in lines)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
            yield return line;
        }
    }

    /// <summary>A line, and then none until it is cancelled.</summary>
    private sealed class EndlessLines(string first) : IAsyncEnumerable<string>
    {
        public bool AreDisposed { get; private set; }

        public async IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        {
            try
            {
                yield return first;
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                AreDisposed = true;
            }
        }
    }
}
