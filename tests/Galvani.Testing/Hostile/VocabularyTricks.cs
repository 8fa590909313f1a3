using System.Text;

namespace Galvani.Testing.Hostile;

/// <summary>
/// Lists of tokens: vocabularies of checkpoints (<c>.pt</c>), of subword-nmt (<c>.vocab</c>), tokens to keep (<c>.tokens</c>), phrase tables (<c>.phrases</c>) and vocabulary maps (<c>.vmap</c>). Those without an
/// error are odd and read as what they are.
/// </summary>
internal static class VocabularyTricks
{
    private const string Embedding = "encoder.embeddings.make_embedding.emb_luts.0.weight";
    private const string FeatureEmbedding = "encoder.embeddings.make_embedding.emb_luts.1.weight";

    public static IEnumerable<Trick> All() => [.. Checkpoints(), .. Lists()];

    private static IEnumerable<Trick> Checkpoints() =>
    [
        Checkpoint("token-twice", null, 5, pickle => OpenNmtBuilder.Texts(pickle, "<unk>", "<blank>", "a", "b", "a")),
        Checkpoint("unk-missing", "has no <unk> to stand for it", 2, pickle => OpenNmtBuilder.Texts(pickle, "a", "b")),
        Checkpoint("tokens-none", "has no <unk> to stand for it", 2, pickle => OpenNmtBuilder.Texts(pickle)),
        Checkpoint("token-with-nul", null, 4, pickle => OpenNmtBuilder.Texts(pickle, "<unk>", "<blank>", "a\0b", "\u001b[31m")),
        Checkpoint("token-that-is-half-a-surrogate", null, 3, pickle => pickle.Op("](").Text("<unk>").Text("a").Counted('X', [0xED, 0xA0, 0x80]).Op('e')),
        Checkpoint("token-not-utf8", "UTF-8", 2, pickle => pickle.Op("](").Text("<unk>").Counted('X', [0xC3, 0x28]).Op('e')),
        Checkpoint("token-of-100-kilobytes", null, 2, pickle => OpenNmtBuilder.Texts(pickle, "<unk>", new string('x', 100_000))),
        Checkpoint("numbers-for-tokens", null, 3, pickle => pickle.Op("](").Text("<unk>").Int(7).Op("Ne")),
        Checkpoint("longer-than-the-table", "is no row of the embedding", 2, pickle => OpenNmtBuilder.Texts(pickle, "<unk>", "<blank>", "a", "b")),
        Checkpoint("feature-without-unk", "is not in the vocabulary of source feature 1", 2, pickle => OpenNmtBuilder.Texts(pickle, "<unk>", "a"), "b"),
        Checkpoint("inside-itself", null, 2, pickle => pickle.Op("]").Put(9).Op('(').Text("<unk>").Get(9).Op('e')),
    ];

    private static IEnumerable<Trick> Lists() =>
    [
        Text("frequency-missing.vocab", "not a piece, a space and its frequency", "a 1\nb\n"u8),
        Text("frequency-of-65-bits.vocab", "not a piece, a space and its frequency", "a 18446744073709551616\n"u8),
        Text("frequency-in-hexadecimal.vocab", "not a piece, a space and its frequency", "a 0x10\n"u8),
        Text("frequency-negative.vocab", null, "a -5\nb 3\n"u8),
        Text("piece-twice.vocab", null, "a 1\na 2\n"u8),
        Text("piece-with-nul.vocab", null, "a\0b 1\n"u8),
        Text("not-utf8.vocab", "not a piece, a space and its frequency", [(byte)'a', 0xFF, (byte)' ', (byte)'1']),
        Text("line-of-200-kilobytes.vocab", null, Encoding.ASCII.GetBytes(new string('a', 200_000) + " 1\n")),
        Text("zeros.vocab", "not a piece, a space and its frequency", new byte[1000]),
        Text("not-utf8.tokens", "no UTF-8 text", [(byte)'a', 0xC3, 0x28, (byte)'\n']),
        Text("token-twice.tokens", null, "a\nb\na\t5\n\n\r\n"u8),
        Text("token-with-nul.tokens", null, "a\0b\n<unk>\n"u8),
        Text("line-of-200-kilobytes.tokens", null, Encoding.ASCII.GetBytes(new string('a', 200_000))),
        Text("separator-twice.phrases", "line 2 has 2 times |||", "a|||b\na|||b|||c\n"u8),
        Text("separator-missing.phrases", "line 1 has 0 times |||", "a b\n"u8),
        Text("separators-alone.phrases", "line 1 has 30000 times |||", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("|||", 30_000)))),
        Text("source-twice.phrases", null, "a|||b\na|||c\n"u8),
        Text("not-utf8.phrases", "no UTF-8 text", [(byte)'a', 0xFF, (byte)'|', (byte)'|', (byte)'|', (byte)'b']),
        Text("tab-missing.vmap", "line 2 has no tab", "\ta b\na b\n"u8),
        Text("tabs-alone.vmap", "line 1 has 30000 tabs", Encoding.ASCII.GetBytes(new string('\t', 30_000))),
        Text("not-utf8.vmap", "is not valid UTF-8 behind line 0", [(byte)'a', 0xFF, (byte)'\t', (byte)'b']),
        Text("spaces-for-pieces.vmap", "line 1 has an empty source piece", "a  b\tc\n"u8),
        Text("unknown-pieces.vmap", null, "no such piece\tnone none\n\tneither\n"u8),
        Text("line-of-200-kilobytes.vmap", null, Encoding.ASCII.GetBytes($"{string.Join(' ', Enumerable.Repeat("a", 50_000))}\t{string.Join(' ', Enumerable.Repeat("b", 50_000))}\n")),
    ];

    /// <summary>A checkpoint of source tokens; with the tokens of a source feature, lines take its default <c>none</c>.</summary>
    private static Trick Checkpoint(string name, string? error, long rows, Action<RawPickle> tokens, params string[] feature)
    {
        var file = new OpenNmtBuilder { Vocabulary = pickle => Sides(pickle, tokens, feature) }.Option("encoder_type", "transformer").Option("decoder_type", "transformer").Option("hidden_size", 4).Option("word_vec_size", 4).Option("heads", 2).Option("transformer_ff", 8).Option("layers", 1);
        if (feature.Length > 0)
            file.Option("src_feats_defaults", "none").Option("feat_merge", "sum").Tensor(FeatureEmbedding, feature.Length, 4);
        return new Trick($"vocabularies/{name}.pt", file.Tensor(Embedding, rows, 4).Build(), error);
    }

    private static void Sides(RawPickle pickle, Action<RawPickle> tokens, string[] feature)
    {
        pickle.Op('}').Text("src");
        tokens(pickle);
        pickle.Op('s').Text("tgt");
        OpenNmtBuilder.Texts(pickle, "<unk>", "<blank>", "<s>", "</s>");
        if (feature.Length > 0)
        {
            pickle.Op('s').Text("src_feats").Op(']');
            OpenNmtBuilder.Texts(pickle, feature);
            pickle.Op('a');
        }

        pickle.Op('s').Text("data_task").Text("seq2seq").Op('s');
    }

    private static Trick Text(string name, string? error, ReadOnlySpan<byte> bytes) => new($"vocabularies/{name}", bytes.ToArray(), error);
}
