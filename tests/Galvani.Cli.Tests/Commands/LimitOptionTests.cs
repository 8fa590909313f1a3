using System.CommandLine;
using Galvani.Checkpoints;
using Galvani.Cli.Commands;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Tests.Commands;

/// <summary>Limits by name.</summary>
public sealed class LimitOptionTests
{
    [Fact]
    public void Read_Nothing_IsTheDefault() => Assert.Equal(CheckpointLimits.Default, Read());

    [Fact]
    public void Read_SeveralLimits_SetsEach()
    {
        var limits = Read("--limit", "PickleBytes=1000", "--limit", "rank=3", "--limit", "InflationRatio=7");
        Assert.Equal((1000L, 3, 7, 1000), (limits.PickleBytes, limits.Rank, limits.InflationRatio, limits.Nesting));
    }

    [Theory]
    [InlineData("Rnk=3", "Rank")]
    [InlineData("Rank", "Rank=N")]
    [InlineData("Rank=0", "Rank=N")]
    [InlineData("Rank=-3", "Rank=N")]
    [InlineData("Rank=x", "Rank=N")]
    public void Read_BadValue_SaysWhatIsExpected(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<UsageException>(() => Read("--limit", text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Description_OfTheOption_NamesEveryDefault()
    {
        var description = new LimitOption().Option.Description!;
        foreach (var expected in (string[])["PickleBytes=268435456", "Nesting=1000", "IntegerDigits=4300", "Rank=64", "InflationRatio=200", "LogicalRatio=64", "JsonNodes=100000000"])
            Assert.Contains(expected, description, StringComparison.Ordinal);
    }

    [Fact]
    public void Hint_MessageThatNamesALimit_NamesTheOption()
    {
        Assert.Contains("--limit Rank=N", LimitOption.Hint("A tensor has 65 dimensions, the limit (Rank) is 64"), StringComparison.Ordinal);
        Assert.Empty(LimitOption.Hint("The zip end record is missing"));
    }

    [Theory]
    [InlineData("convert", "MODEL", "-o", "x.npz")]
    [InlineData("release", "MODEL", "-o", "x.pt")]
    [InlineData("average", "MODEL", "MODEL", "-o", "x.pt")]
    [InlineData("merge-lora", "MODEL", "MODEL", "-o", "x.pt")]
    [InlineData("graft", "MODEL", "--encoder", "MODEL", "-o", "x.pt")]
    [InlineData("diff", "MODEL", "MODEL")]
    public void CommandThatReadsCheckpoints_OverALimit_TakesTheOptionItNames(params string[] line)
    {
        string[] arguments = [.. line.Select(word => word == "MODEL" ? Repository.Golden("base", "model.pt") : word), "--limit", "Nesting=1"];
        var result = new GalvaniProcess { WorkingFolder = "/" }.Execute([.. arguments, .. line[0] == "diff" ? (ReadOnlySpan<string>)[] : ["--dry-run"]], []);
        Assert.Equal(line[0] == "diff" ? ExitCodes.WrongUsage : ExitCodes.Failed, result.ExitCode);
        Assert.Contains("--limit Nesting=N", result.Error, StringComparison.Ordinal);
    }

    private static CheckpointLimits Read(params string[] arguments)
    {
        var limits = new LimitOption();
        var command = new Command("x");
        command.Options.Add(limits.Option);
        return limits.Read(command.Parse(arguments));
    }
}
