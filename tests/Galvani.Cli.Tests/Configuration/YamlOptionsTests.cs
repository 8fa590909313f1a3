using Galvani.Cli.Configuration;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Tests.Configuration;

/// <summary>Option files: what they say, and what is refused.</summary>
public sealed class YamlOptionsTests
{
    [Fact]
    public void Read_OptionsOfOpenNmt_KeepsNamesLinesAndValues()
    {
        var options = Read("# translate\nmodel: [a.pt, b.pt]\nbeam_size: 5\nreplace_unk: true\ntransforms:\n  - sentencepiece\n  - prefix\nsrc_prefix: '｟ru｠ '\nphrase_table:\ntgt: ~\nalpha: \"0.6\"\n");
        Assert.Equal(
            ["2 model=a.pt|b.pt", "3 beam_size=5", "4 replace_unk=true", "5 transforms=sentencepiece|prefix", "8 src_prefix=｟ru｠ ", "9 phrase_table=", "10 tgt=", "11 alpha=0.6"],
            options.Select(option => $"{option.Line} {option.Name}={string.Join('|', option.Values)}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("---\n")]
    [InlineData("{}")]
    public void Read_Nothing_IsNoOption(string text) => Assert.Empty(Read(text));

    [Theory]
    [InlineData("a: &x 1\nb: *x\n", "line 1 has the anchor &x")]
    [InlineData("a: [1, *x]\n", "line 1")]
    [InlineData("a: &x [*x]\n", "line 1 has the anchor &x")]
    [InlineData("a: !!python/object:os.system 1\n", "line 1 has the tag")]
    [InlineData("a: !x [1]\n", "line 1 has the tag")]
    [InlineData("a: 1\nbeam: 2\na: 3\n", "line 3 gives a again, first in line 1")]
    [InlineData("a: {b: 1}\n", "line 1 has a mapping as the value of a")]
    [InlineData("a: [[1]]\n", "line 1 has a list in the list of a")]
    [InlineData("a: [{b: 1}]\n", "line 1 has a mapping in the list of a")]
    [InlineData("[a, b]\n", "begins with a list")]
    [InlineData("a\n", "begins with a scalar")]
    [InlineData("a: 1\n---\nb: 2\n", "has a second document")]
    [InlineData("? [a]\n: 1\n", "has a list where the name of an option is expected")]
    [InlineData("a: 'open\n", "is not valid YAML")]
    [InlineData("a: [1\n", "is not valid YAML")]
    [InlineData("a:\n\t- 1\n", "is not valid YAML")]
    [InlineData("a: 1\n b: 2\n", "is not valid YAML")]
    [InlineData("%YAML 9.9\n---\na: 1\n", "is not valid YAML")]
    public void Read_WhatOptionFilesDoWithout_IsRefusedWithItsLine(string text, string expected) =>
        Assert.Contains(expected, Assert.Throws<CommandException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Read_TextThatIsNoYaml_IsNamedInOneSentence() =>
        Assert.Matches(@"^.+x\.yaml line 2 is not valid YAML: [^.]+\.$", Assert.Throws<CommandException>(() => Read("a: [1\n")).Message.Replace(Path.GetTempPath(), "", StringComparison.Ordinal));

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Read_DeepNesting_IsRefusedAtOnce(char bracket)
    {
        var error = Assert.Throws<CommandException>(() => Read("a: " + new string(bracket, 60000)));
        Assert.Contains("line 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LargeOrMissingFile_NamesTheProblem()
    {
        Assert.Contains("at most 65536", Assert.Throws<CommandException>(() => Read(new string('#', 70000))).Message, StringComparison.Ordinal);
        Assert.Contains("There is no file", Assert.Throws<CommandException>(() => YamlOptions.Read("/nowhere/x.yaml")).Message, StringComparison.Ordinal);
        Assert.Contains("is a folder", Assert.Throws<CommandException>(() => YamlOptions.Read("/")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RandomBytesOfYaml_NeverFailOtherwise()
    {
        const string Alphabet = "ab:,-[]{}&*!|>'\"%@#? \n\t\\~\u0085\0";
        var random = new Random(3);
        for (var i = 0; i < 3000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(30)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            try
            {
                Read(text);
            }
            catch (CommandException)
            {
                // refused, with one line
            }
        }
    }

    private static IReadOnlyList<YamlOption> Read(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("x.yaml"), text);
        return YamlOptions.Read(folder.File("x.yaml"));
    }
}
