// A vocabulary map ("shortlist"; Jean et al. 2015, section 3.3, L'Hostis et al. 2016) in the text form that CTranslate2 reads as vmap.txt: a line is a source n-gram (pieces
// separated by spaces), a tab, and target pieces separated by spaces; the line whose n-gram is empty lists what every sentence may use. Every n-gram of a sentence, up to the longest that
// the file has, is looked up, and what is found is put together. Two things differ from CTranslate2: a target piece outside the vocabulary is left out and counted, not taken for
// <unk>; and what a sentence may use never depends on the other sentences of its batch.
using System.Buffers;
using System.Text;
using Galvani.Text;

namespace Galvani.VocabularyMaps;

/// <summary>Which target tokens a sentence's translation may consist of, by the pieces of the sentence. Immutable; safe for use by several threads.</summary>
public sealed class VocabularyMap
{
    private const long LargestFileBytes = 1L << 28;

    private readonly Dictionary<string, int[]> candidates;
    private readonly Dictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> candidatesByText;
    private readonly int[] common;

    private VocabularyMap(Dictionary<string, int[]> candidates, Vocabulary target)
    {
        Target = target;
        common = candidates.Remove("", out var ids) ? [.. ids.Distinct().Order()] : [];
        this.candidates = candidates;
        candidatesByText = candidates.GetAlternateLookup<ReadOnlySpan<char>>();
        LongestKey = candidates.Count == 0 ? 0 : candidates.Keys.Max(key => key.AsSpan().Count(' ') + 1);
    }

    /// <summary>The vocabulary of the ids.</summary>
    public Vocabulary Target { get; }

    /// <summary>The number of source n-grams.</summary>
    public int KeyCount => candidates.Count;

    /// <summary>The pieces of the longest n-gram; 0 where there is none.</summary>
    public int LongestKey { get; }

    /// <summary>What every sentence may use: sorted ids, each once.</summary>
    public IReadOnlyList<int> CommonCandidates => common;

    /// <summary>The target pieces of the file, each as often as it is listed.</summary>
    public long ListedCount { get; private init; }

    /// <summary>Those among <see cref="ListedCount"/> that the vocabulary lacks; they are left out.</summary>
    public long UnknownCount { get; private init; }

    /// <summary>Reads a map; of two lines for one n-gram the later counts.</summary>
    /// <param name="path">The file, UTF-8.</param>
    /// <param name="target">The target vocabulary of the model that the map is for.</param>
    /// <exception cref="ArgumentException">A line has not exactly one tab, or an n-gram has an empty piece, or the file is no UTF-8 or too large; the line is named.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static VocabularyMap Open(string path, Vocabulary target)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(target);
        if (new FileInfo(path) is { Exists: true, Length: > LargestFileBytes and var bytes })
            throw new ArgumentException($"{path} has {bytes} bytes, expected a vocabulary map of at most {LargestFileBytes}.", nameof(path));
        var candidates = new Dictionary<string, int[]>(StringComparer.Ordinal);
        var idsOf = IdsOf(target);
        var (number, listed, unknown) = (0, 0L, 0L);
        try
        {
            foreach (var line in TextLines.Read(path, LargestFileBytes, "a vocabulary map"))
            {
                number++;
                var tab = CheckLine(line, path, number);
                candidates[line[..tab]] = ReadIds(line.AsSpan(tab + 1), idsOf, ref listed, ref unknown);
            }
        }
        catch (InvalidDataException exception)
        {
            var problem = exception.InnerException is DecoderFallbackException ? $"{path} is not valid UTF-8 behind line {number}." : exception.Message;
            throw new ArgumentException(problem, nameof(path), exception);
        }

        return new VocabularyMap(candidates, target) { ListedCount = listed, UnknownCount = unknown };
    }

    /// <summary>What the translation of a sentence may consist of, the special tokens apart.</summary>
    /// <param name="sourcePieces">The sentence.</param>
    /// <returns>Sorted ids, each once; <see cref="CommonCandidates"/> are among them.</returns>
    public IReadOnlyList<int> CandidatesOf(IReadOnlyList<string> sourcePieces)
    {
        ArgumentNullException.ThrowIfNull(sourcePieces);
        var isCandidate = ArrayPool<bool>.Shared.Rent(Target.Count);
        Array.Clear(isCandidate);
        Mark(common, isCandidate);
        var text = string.Join(' ', sourcePieces);
        for (var (first, start) = (0, 0); first < sourcePieces.Count; start += sourcePieces[first++].Length + 1)
        {
            var length = -1; // of the n-gram, without a space in front
            for (var last = first; last < Math.Min(sourcePieces.Count, first + LongestKey); last++)
            {
                length += sourcePieces[last].Length + 1;
                if (candidatesByText.TryGetValue(text.AsSpan(start, length), out var ids))
                    Mark(ids, isCandidate);
            }
        }

        var found = Marked(isCandidate.AsSpan(0, Target.Count));
        ArrayPool<bool>.Shared.Return(isCandidate);
        return found;
    }

    private static Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> IdsOf(Vocabulary target)
    {
        var ids = new Dictionary<string, int>(target.Count, StringComparer.Ordinal);
        for (var id = 0; id < target.Count; id++)
            ids.TryAdd(target.Tokens[id], id);
        return ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    private static int[] ReadIds(ReadOnlySpan<char> pieces, Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> idsOf, ref long listed, ref long unknown)
    {
        var ids = new int[pieces.Count(' ') + 1];
        var count = 0;
        foreach (var range in pieces.Split(' '))
        {
            if (pieces[range].IsEmpty)
                continue;
            listed++;
            if (idsOf.TryGetValue(pieces[range], out var id))
                ids[count++] = id;
            else
                unknown++;
        }

        return count == ids.Length ? ids : ids[..count];
    }

    private static int CheckLine(string line, string path, int number)
    {
        var tab = line.IndexOf('\t', StringComparison.Ordinal);
        if (tab < 0 || tab != line.LastIndexOf('\t'))
            throw new ArgumentException($"{path} line {number} has {(tab < 0 ? "no tab" : $"{line.Count(character => character == '\t')} tabs")}, expected source pieces, one tab, target pieces.", nameof(path));
        if (tab > 0 && line[..tab].Split(' ').Contains(""))
            throw new ArgumentException($"{path} line {number} has an empty source piece, expected pieces separated by single spaces.", nameof(path));
        return tab;
    }

    private static void Mark(int[] ids, bool[] isCandidate)
    {
        foreach (var id in ids)
            isCandidate[id] = true;
    }

    private static int[] Marked(ReadOnlySpan<bool> isCandidate)
    {
        var ids = new int[isCandidate.Count(true)];
        for (var (count, id) = (0, 0); count < ids.Length; id++)
        {
            if (isCandidate[id])
                ids[count++] = id;
        }

        return ids;
    }
}
