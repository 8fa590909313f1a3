using System.Text.Json;

namespace Galvani.Cli.Tests.Commands;

/// <summary><c>galvani bench</c>, on little work: what is printed, not how fast it is.</summary>
public sealed class BenchCommandTests
{
    private static readonly string[] Little = ["bench", "--beam-size", "1,2", "--batch-size", "2", "--sentences", "3", "--source-length", "4", "--target-length", "5", "--rounds", "1"];

    [Fact]
    public void Json_LittleWork_HasCasesSharesAndPeaks()
    {
        using var json = JsonDocument.Parse(Done([.. Little, "--threads", "1,2", "--compute", "int8", "--json"]));
        Assert.Equal("int8", json.RootElement.GetProperty("compute").GetString());
        var runs = json.RootElement.GetProperty("runs").EnumerateArray().ToList();
        Assert.Equal([1, 2], runs.Select(run => run.GetProperty("threads").GetInt32()));
        foreach (var run in runs)
        {
            // A decoder layer of the sample: 6 x 256² in attentions, 2 x 256 x 512 behind them; and the output.
            Assert.Equal(2 * (3 * (6 * 256 * 256 + 2 * 256 * 512) + 256 * 8008), run.GetProperty("operations_per_row").GetInt64());
            var cases = run.GetProperty("cases").EnumerateArray().ToList();
            Assert.Equal([1, 2], cases.Select(each => each.GetProperty("beam_size").GetInt32()));
            foreach (var each in cases)
            {
                var (seconds, beam) = (each.GetProperty("seconds").GetDouble(), each.GetProperty("beam_size").GetInt32());
                Assert.Equal(15 / seconds, each.GetProperty("tokens_per_second").GetDouble(), 1e-6 * 15 / seconds);
                var operations = 3.0 * (1 + 4 * beam) * run.GetProperty("operations_per_row").GetInt64();
                Assert.Equal(operations / seconds / run.GetProperty("peak_operations_per_second").GetDouble(), each.GetProperty("share_of_operations").GetDouble(), 1e-6);
                var bytes = 2.0 * 5 * run.GetProperty("operations_per_row").GetInt64() / 2; // two batches, a byte a weight
                Assert.Equal(bytes / seconds / run.GetProperty("read_bytes_per_second").GetDouble(), each.GetProperty("share_of_reading").GetDouble(), 1e-6);
            }
        }
    }

    [Fact]
    public void Text_WithoutACompute_NamesTheModelsOwn()
    {
        var text = Done([.. Little, "--threads", "1"]);
        Assert.Contains("model.pt, fp32, ", text, StringComparison.Ordinal);
        Assert.Contains("beam  batch  lines  source  target  seconds  tokens/s  of peak  of reading", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n').Where(line => !line.Contains("model.pt", StringComparison.Ordinal)), line => Assert.InRange(line.Length, 0, 80));
    }

    [Theory]
    [InlineData("--beam-size", "1,x")]
    [InlineData("--batch-size", "0")]
    [InlineData("--sentences", "0")]
    [InlineData("--rounds", "0")]
    [InlineData("--threads", "1,2000")]
    [InlineData("--beam-size", "20000")]
    [InlineData("--source-length", "1000000000")]
    [InlineData("--sentences", "1000000000")]
    public void Option_NoPositiveNumber_IsWrongUsage(string option, string value)
    {
        var result = new GalvaniProcess().Execute(["bench", option, value], []);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(option, result.Error, StringComparison.Ordinal);
    }

    private static string Done(string[] arguments)
    {
        var result = new GalvaniProcess().Execute(arguments, []);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output;
    }
}
