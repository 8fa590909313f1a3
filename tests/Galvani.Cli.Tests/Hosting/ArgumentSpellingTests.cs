using Galvani.Cli.Hosting;

namespace Galvani.Cli.Tests.Hosting;

/// <summary>OpenNMT-py's spellings of options.</summary>
public sealed class ArgumentSpellingTests
{
    [Theory]
    [InlineData("embed -src a.txt", "embed --source a.txt")]
    [InlineData("embed --src a.txt", "embed --source a.txt")]
    [InlineData("embed -model m.pt -output x.npy", "embed --model m.pt --output x.npy")]
    [InlineData("translate -tgt t -beam_size 4", "translate --target t --beam-size 4")]
    [InlineData("translate --beam_size=4", "translate --beam-size=4")]
    [InlineData("embed --max-source 3 -o x.npy", "embed --max-source 3 -o x.npy")]
    [InlineData("embed -- -src --beam_size", "embed -- -src --beam_size")]
    [InlineData("embed snake_case -", "embed snake_case -")]
    public void Normalize_Spellings_BecomeThisPrograms(string given, string expected)
    {
        var dropped = new List<string>();
        Assert.Equal(expected, string.Join(' ', ArgumentSpelling.Normalize(given.Split(' '), dropped)));
        Assert.Empty(dropped);
    }

    [Theory]
    [InlineData("-gpu 0")]
    [InlineData("-world_size 1")]
    [InlineData("-gpu_ranks 0")]
    [InlineData("-parallel_mode data_parallel")]
    [InlineData("-precision fp32")]
    [InlineData("-fp32")]
    [InlineData("-self_attn_type scaled-dot-flash")]
    [InlineData("-batch_size 30")]
    [InlineData("--batch_type=tokens")]
    [InlineData("-report_time")]
    [InlineData("-log_file x.log")]
    [InlineData("-verbose")]
    public void Normalize_MeaninglessOption_IsTakenOutWithItsValue(string option)
    {
        var dropped = new List<string>();
        Assert.Equal(["embed", "text"], ArgumentSpelling.Normalize(["embed", .. option.Split(' '), "text"], dropped));
        Assert.Equal([option.Split(' ')[0]], dropped);
    }
}
