using Galvani.Checkpoints;

namespace Galvani.Cli.Hosting;

/// <summary>Sentences that help after a mistake.</summary>
internal static class Hints
{
    /// <summary>A sentence such as <c> Did you mean a, b?</c>, or <paramref name="otherwise"/> where no name is near.</summary>
    public static string Nearest(string name, IEnumerable<string> known, string otherwise = "")
    {
        var near = NearestNames.Find(name, known);
        return near.Count == 0 ? otherwise : $" Did you mean {string.Join(", ", near)}?";
    }
}
