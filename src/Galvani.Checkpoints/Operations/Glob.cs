namespace Galvani.Checkpoints.Operations;

/// <summary>Patterns over names: <c>*</c> any run, <c>?</c> any character, <c>[abc]</c> one of some, <c>{a,b}</c> one of several. Matches whole names.</summary>
public sealed class Glob
{
    private const int MaximumAlternatives = 1000;
    private readonly List<string> patterns;

    /// <summary>Compiles a pattern.</summary>
    /// <param name="pattern">The pattern; a plain name matches itself.</param>
    /// <exception cref="ArgumentException">A bracket or brace is not closed, or there are more than 1000 alternatives.</exception>
    public Glob(string pattern)
    {
        ArgumentException.ThrowIfNullOrEmpty(pattern);
        Pattern = pattern;
        patterns = Expand(pattern);
        if (patterns.Exists(expanded => expanded.Count(character => character == '[') != expanded.Count(character => character == ']')))
            throw new ArgumentException($"The pattern '{pattern}' has a bracket that is not closed.", nameof(pattern));
    }

    /// <summary>The pattern as given.</summary>
    public string Pattern { get; }

    /// <summary>Whether a name matches.</summary>
    /// <param name="name">The name.</param>
    public bool IsMatch(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        foreach (var pattern in patterns)
        {
            if (Matches(pattern, name))
                return true;
        }

        return false;
    }

    private static List<string> Expand(string pattern)
    {
        var open = pattern.IndexOf('{', StringComparison.Ordinal);
        if (open < 0)
            return [pattern];
        var close = pattern.IndexOf('}', open);
        if (close < 0)
            throw new ArgumentException($"The pattern '{pattern}' has a brace that is not closed.", nameof(pattern));
        var result = new List<string>();
        foreach (var alternative in pattern[(open + 1)..close].Split(','))
        {
            result.AddRange(Expand(pattern[..open] + alternative + pattern[(close + 1)..]));
            if (result.Count > MaximumAlternatives)
                throw new ArgumentException($"The pattern '{pattern}' has more than {MaximumAlternatives} alternatives.", nameof(pattern));
        }

        return result;
    }

    /// <summary>Linear matching with one point to return to: the last star.</summary>
    private static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        int p = 0, n = 0, star = -1, starName = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                starName = n;
            }
            else if (p < pattern.Length && MatchesOne(pattern, p, name[n], out var next))
            {
                p = next;
                n++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                n = ++starName;
            }
            else
                return false;
        }

        while (p < pattern.Length && pattern[p] == '*')
            p++;
        return p == pattern.Length;
    }

    private static bool MatchesOne(ReadOnlySpan<char> pattern, int p, char character, out int next)
    {
        next = p + 1;
        if (pattern[p] != '[')
            return pattern[p] == '?' || pattern[p] == character;
        var close = pattern[p..].IndexOf(']');
        next = p + close + 1;
        return pattern.Slice(p + 1, close - 1).Contains(character);
    }
}
