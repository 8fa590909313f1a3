using Galvani.Checkpoints;
using Galvani.Checkpoints.Pickles;

namespace Galvani.Models.OpenNmt;

/// <summary>
/// The token lists of a checkpoint, id = index. All forms since 0.1 are read: lists (3.x), torchtext fields in a dictionary (1.x, 2.x:
/// <c>TextMultiField</c>, or lists of pairs), and a list of pairs of name and vocabulary (0.x).
/// </summary>
public sealed class OpenNmtVocabularies
{
    private OpenNmtVocabularies(string form) => Form = form;

    /// <summary>The form in the file, in words.</summary>
    public string Form { get; }

    /// <summary>Whether the form is one that OpenNMT-py 3 no longer writes.</summary>
    public bool IsBeforeVersion3 { get; private init; }

    /// <summary>The source's tokens, or null where the file has none.</summary>
    public IReadOnlyList<string>? Source { get; private init; }

    /// <summary>The target's tokens, or null where the file has none.</summary>
    public IReadOnlyList<string>? Target { get; private init; }

    /// <summary>The tokens of each source feature.</summary>
    public IReadOnlyList<IReadOnlyList<string>> SourceFeatures { get; private init; } = [];

    /// <summary>The token a decoder starts with; <c>&lt;s&gt;</c> where the file does not say.</summary>
    public string StartToken { get; private init; } = "<s>";

    /// <summary>Whether source and target have the same tokens in the same order.</summary>
    public bool IsShared => Source is not null && Target is not null && (ReferenceEquals(Source, Target) || Source.SequenceEqual(Target));

    /// <summary>Reads the <c>vocab</c> of a checkpoint.</summary>
    /// <param name="vocabulary">The node, or null.</param>
    /// <returns>Null where there is none, or it has a form that is not known.</returns>
    internal static OpenNmtVocabularies? Read(PickleValue? vocabulary) => vocabulary switch
    {
        PickleDictionary dictionary when IsTokens(dictionary["src"]) || IsTokens(dictionary["tgt"]) && dictionary["data_task"] is not null => ReadLists(dictionary),
        PickleDictionary dictionary => ReadFields(dictionary),
        PickleList list => ReadPairs(list.Items),
        _ => null,
    };

    /// <summary>Whether a side is a list of tokens; in 1.x it is a list of (name, field) pairs.</summary>
    private static bool IsTokens(PickleValue? side) => side is PickleList list && list.Items is not [PickleTuple, ..];

    private static OpenNmtVocabularies ReadLists(PickleDictionary dictionary) => new("token lists (OpenNMT-py 3)")
    {
        Source = Strings(dictionary["src"]),
        Target = Strings(dictionary["tgt"]),
        SourceFeatures = dictionary["src_feats"] switch
        {
            PickleList features => [.. features.Items.Select(Strings).OfType<IReadOnlyList<string>>()],
            PickleDictionary features => [.. features.Entries.Select(entry => Strings(entry.Value)).OfType<IReadOnlyList<string>>()],
            _ => [],
        },
        StartToken = dictionary["decoder_start_token"] is PickleString start ? start.Value : "<s>",
    };

    private static OpenNmtVocabularies? ReadFields(PickleDictionary dictionary)
    {
        var (source, target) = (FieldTokens(dictionary["src"]), FieldTokens(dictionary["tgt"]));
        if (source.Count == 0 && target.Count == 0)
            return null;
        return new OpenNmtVocabularies("torchtext fields (OpenNMT-py 1 and 2)")
        {
            Source = source.FirstOrDefault(),
            Target = target.FirstOrDefault(),
            SourceFeatures = [.. source.Skip(1)],
            IsBeforeVersion3 = true,
        };
    }

    private static OpenNmtVocabularies? ReadPairs(IReadOnlyList<PickleValue> items)
    {
        var byName = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            if (item is PickleTuple { Items: [PickleString name, var vocabulary, ..] } && TokensOf(vocabulary) is { } tokens)
                byName[name.Value] = tokens;
        }

        if (byName.Count == 0)
            return null;
        return new OpenNmtVocabularies("pairs of name and vocabulary (OpenNMT-py before 1.0)")
        {
            Source = byName.GetValueOrDefault("src"),
            Target = byName.GetValueOrDefault("tgt"),
            SourceFeatures = [.. byName.Where(pair => pair.Key.StartsWith("src_feat_", StringComparison.Ordinal)).Select(pair => pair.Value)],
            IsBeforeVersion3 = true,
        };
    }

    /// <summary>The token lists of a side: a <c>TextMultiField</c>, a list of (name, field) pairs, or a field.</summary>
    private static List<IReadOnlyList<string>> FieldTokens(PickleValue? side)
    {
        var fields = side switch
        {
            PickleObject { State: PickleDictionary state } when state["fields"] is PickleList list => list.Items,
            PickleList list => list.Items,
            PickleObject field => [field],
            _ => [],
        };
        var result = new List<IReadOnlyList<string>>();
        foreach (var field in fields)
        {
            var node = field is PickleTuple { Items: [_, var named, ..] } ? named : field;
            if (TokensOf(node) is { } tokens)
                result.Add(tokens);
        }

        return result;
    }

    /// <summary>The tokens of a torchtext Vocab, or of a Field that holds one.</summary>
    private static IReadOnlyList<string>? TokensOf(PickleValue node)
    {
        if (node is not PickleObject { State: PickleDictionary state })
            return null;
        if (state["itos"] is null && state["vocab"] is PickleObject { State: PickleDictionary vocabulary })
            state = vocabulary;
        return Strings(state["itos"]);
    }

    private static IReadOnlyList<string>? Strings(PickleValue? node)
    {
        if (node is not PickleList list)
            return null;
        var texts = new string[list.Items.Count];
        for (var i = 0; i < texts.Length; i++)
            texts[i] = list.Items[i] is PickleString text ? text.Value : ObjectTree.KeyText(list.Items[i]);
        return texts;
    }
}
