using Galvani.Cli.Commands;
using Galvani.Cli.Hosting;

namespace Galvani.Cli.Tests.Commands;

/// <summary>The commands, each found by its name.</summary>
public sealed class CommandListTests
{
    [Fact]
    public void Create_NoName_GivesEveryCommandUnderTheNameThatFindsIt()
    {
        using var interruption = new Interruption();
        Assert.Equal(CommandList.Names, CommandList.Create(name: null, interruption).Select(command => command.Name));
        Assert.Equal(CommandList.Names, CommandList.Create("inspec", interruption).Select(command => command.Name));
    }

    [Fact]
    public void Create_Name_GivesThatCommandAlone()
    {
        using var interruption = new Interruption();
        foreach (var name in CommandList.Names)
            Assert.Equal(name, Assert.Single(CommandList.Create(name, interruption)).Name);
    }
}
