using System.Collections.Concurrent;
using System.Text;
using Galvani.Checkpoints;
using Galvani.Kernels;
using Galvani.Models;
using Galvani.Models.OpenNmt;
using Galvani.Models.Weights;
using Galvani.Text;
using Decoder = Galvani.Models.Decoder;
using Encoder = Galvani.Models.Encoder;

namespace Galvani;

/// <summary>
/// A model, opened for use: the checkpoint, its vocabulary, and the way from text to pieces. Works on a whole checkpoint and on an extracted embeddings part.
/// Immutable; safe for use by several threads, <see cref="Dispose"/> included. Owns the checkpoint.
/// </summary>
public sealed partial class NmtModel : IDisposable
{
    private readonly TextPipeline? pipeline;
    private readonly Exception? pipelineProblem;
    private readonly SourceFeatures features;
    private readonly Lazy<VocabularyEncoder?> encoder;
    private readonly Lazy<int> longestToken; // in bytes
    private readonly Lazy<Encoder> transformerEncoder;
    private readonly Lazy<Decoder> transformerDecoder;
    private readonly ConcurrentDictionary<int, ConcurrentBag<Workspace>> idleWorkspaces = []; // by their threads
    private readonly UseCount uses;
    private volatile bool arePacked;

    private NmtModel(OpenNmtCheckpoint checkpoint, NmtModelOptions options)
    {
        OpenedWith = options;
        Checkpoint = checkpoint;
        uses = new UseCount(Close);
        CheckFindings(checkpoint.Checkpoint);
        Config = Override(OpenNmtConfig.Create(checkpoint), options);
        var tokens = (Config.Task == ModelTask.LanguageModel ? checkpoint.Vocabularies?.Target ?? checkpoint.Vocabularies?.Source : checkpoint.Vocabularies?.Source)
            ?? throw new UnsupportedCheckpointException($"The checkpoint has no source vocabulary that is read, text cannot become ids ({checkpoint.Checkpoint.FilePath}).");
        SourceVocabulary = new Vocabulary(tokens);
        TargetVocabulary = checkpoint.Vocabularies?.Target is { } target ? new Vocabulary(target) : null;
        var format = FormatOf(options.Compute, checkpoint.Checkpoint);
        var weights = new Lazy<(EncoderWeights? Encoder, DecoderWeights Decoder)>(() => TransformerBinding.Bind(checkpoint, Config, format));
        transformerEncoder = new Lazy<Encoder>(() => new Encoder(Config, checkpoint.Part is null ? weights.Value.Encoder! : TransformerBinding.BindEncoder(checkpoint, Config, format)));
        transformerDecoder = new Lazy<Decoder>(() => new Decoder(Config, weights.Value.Decoder, TargetIds()));
        features = new SourceFeatures(
            [.. (checkpoint.Vocabularies?.SourceFeatures ?? []).Select((list, feature) => new KnownTokens(new Vocabulary(list), FormattableString.Invariant($"vocabulary of source feature {feature + 1}"), checkpoint.Checkpoint.FilePath))],
            options.SourceFeatureDefaults ?? checkpoint.Options.Text("src_feats_defaults"));
        try
        {
            pipeline = TextPipeline.Create(checkpoint, options);
        }
        catch (Exception exception) when (exception is ArgumentException or UnsupportedCheckpointException)
        {
            pipelineProblem = exception; // text cannot be tokenised; ready-made pieces can still be used
        }

        encoder = new Lazy<VocabularyEncoder?>(CreateEncoder);
        longestToken = new Lazy<int>(() => SourceVocabulary.Tokens.Select(Encoding.UTF8.GetByteCount).DefaultIfEmpty().Max());
    }

    /// <summary>The checkpoint.</summary>
    public OpenNmtCheckpoint Checkpoint { get; }

    /// <summary>What the model is made of.</summary>
    public ModelConfig Config { get; }

    /// <summary>The vocabulary of the source side (of the only side, in a language model).</summary>
    public Vocabulary SourceVocabulary { get; }

    /// <summary>The vocabulary of the target side (of the only side, in a language model); null where the file has none.</summary>
    public Vocabulary? TargetVocabulary { get; }

    /// <summary>The tokenizer, or null where the model's tokens are words, or none was found.</summary>
    public Tokenizer? Tokenizer => pipeline?.Tokenizer;

    /// <summary>How the model was opened.</summary>
    internal NmtModelOptions OpenedWith { get; }

    /// <summary>What a person should know about the way from text to pieces, and of options that have no effect on this model; usually empty.</summary>
    public IReadOnlyList<string> Notes =>
    [
        .. pipeline?.Notes ?? [],
        .. OpenedWith.SourceFeatureDefaults is { Length: > 0 } && features.Count == 0 ? (string[])["no effect: the defaults of source features, as this model has no source features"] : [],
        .. OpenedWith.RotaryPairs != RotaryPairs.Recorded && Config.Positions != PositionScheme.Rotary ? (string[])["no effect: how rotary positions pair up, as this model has none"] : [],
    ];

    /// <summary>Opens a model.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or the path is empty.</exception>
    /// <exception cref="CheckpointFormatException">The file is broken, or no model file.</exception>
    /// <exception cref="UnsupportedCheckpointException">The model uses what is not supported, or a <c>.galvani</c> file is asked to compute in other numbers than it holds.</exception>
    /// <exception cref="TokenizerFormatException">The tokenizer is broken.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static NmtModel Open(string path, NmtModelOptions? options = null)
    {
        options ??= new NmtModelOptions();
        if (options.ThreadCount < 1)
            throw new ArgumentOutOfRangeException(nameof(options), FormattableString.Invariant($"{nameof(NmtModelOptions.ThreadCount)} is {options.ThreadCount}, expected at least 1."));
        var checkpoint = OpenNmtCheckpoint.Open(path, options.Limits);
        try
        {
            return new NmtModel(checkpoint, options);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>The encoder, bound when it is first asked for; its weights are packed when they are first used.</summary>
    /// <exception cref="ArgumentException">The model is a language model, which has none.</exception>
    /// <exception cref="WeightMismatchException">Tensors are missing, misshapen or left over; all are named.</exception>
    /// <exception cref="UnsupportedCheckpointException">Options do not fit together; all that do not are named.</exception>
    internal Encoder Encoder => Config.Task == ModelTask.SequenceToSequence
        ? transformerEncoder.Value
        : throw new ArgumentException("This is a language model, which has a decoder and no encoder.");

    /// <summary>The decoder, bound when it is first asked for; its weights are packed when they are first used.</summary>
    /// <exception cref="WeightMismatchException">Tensors are missing, misshapen or left over; all are named.</exception>
    /// <exception cref="UnsupportedCheckpointException">The file has no target vocabulary, or options do not fit together; all that do not are named.</exception>
    internal Decoder Decoder => transformerDecoder.Value;

    /// <summary>Looks tokens of the target up; the vocabulary is the model's.</summary>
    internal KnownTokens TargetTokens(Vocabulary target) => new(target, "target vocabulary", Checkpoint.Checkpoint.FilePath);

    /// <summary>A line as the encoder takes it.</summary>
    internal Sentence ToSentence(TokenizedLine line) => new([.. line.Ids], line.Features) { CopyIds = Config.IsCopyModel && TargetVocabulary is { } target ? CopiedWords.IdsOf(line.Pieces, target) : [] };

    /// <summary>A line as a language model reads it: the start token, where the model has one, and the tokens.</summary>
    internal int[] ToText(TokenizedLine line) => Checkpoint.Vocabularies!.StartToken.Length == 0 ? [.. line.Ids] : [Decoder.Tokens.Start, .. line.Ids];

    /// <summary>Begins a use of the checkpoint's memory, which <see cref="EndUse"/> ends. A workspace is such a use as well.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal void BeginUse() => ObjectDisposedException.ThrowIf(!uses.TryBegin(), this);

    /// <summary>Ends a use; the last one of a model that was disposed closes it.</summary>
    internal void EndUse() => uses.End();

    /// <summary>Scratch for one call at a time, with all the threads that the model was opened with; what is disposed is used again.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal Workspace CreateWorkspace() => CreateWorkspace(OpenedWith.ThreadCount);

    /// <summary>Scratch for one call at a time; what is disposed is used again.</summary>
    /// <param name="threadCount">Its threads, the caller's included.</param>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    internal Workspace CreateWorkspace(int threadCount)
    {
        BeginUse();
        try
        {
            var idle = idleWorkspaces.GetOrAdd(threadCount, _ => []);
            return idle.TryTake(out var workspace) ? workspace : new Workspace(threadCount == 1 ? null : new WorkerPool(threadCount), GiveBack);

            void GiveBack(Workspace used)
            {
                idle.Add(used);
                EndUse();
            }
        }
        catch
        {
            EndUse();
            throw;
        }
    }

    /// <summary>Packs all weights, by all threads. Else each is packed when it is first used, and threads that work side by side would wait for one of them.</summary>
    internal void PackWeights()
    {
        if (arePacked)
            return;
        using var workspace = CreateWorkspace();
        var encoding = Config.Task == ModelTask.SequenceToSequence ? Projections.Of(Encoder.Weights) : [];
        foreach (var projection in encoding.Concat(Projections.Of(Decoder.Weights)))
            projection.Pack(workspace);
        arePacked = true;
    }

    /// <summary>
    /// Closes the checkpoint and ends the threads: at once, or, where other threads are at work with the model, when the last of them has done what it is at. What needs the weights and begins
    /// later fails with an <see cref="ObjectDisposedException"/>.
    /// </summary>
    public void Dispose() => uses.Close();

    private void Close()
    {
        foreach (var idle in idleWorkspaces.Values)
        {
            while (idle.TryTake(out var workspace))
                workspace.End();
        }

        Checkpoint.Dispose();
    }

    /// <summary>The straight way from text to ids, or null where the pipeline adds something or the vocabulary has no token for unknown text.</summary>
    private VocabularyEncoder? CreateEncoder() =>
        pipeline is { IsPlain: true, Tokenizer: SentencePieceModel tokenizer } && SourceVocabulary.UnknownId >= 0 ? new VocabularyEncoder(tokenizer, SourceVocabulary) : null;

    /// <summary>What is inert to look at is an error where a model is wanted: nobody knows what it would have been.</summary>
    private static void CheckFindings(Checkpoint file)
    {
        if (file.Findings is not [var first, ..])
            return;
        throw new UnsupportedCheckpointException(
            $"The file names {file.Findings.Count} globals that a model does not consist of, the first {first.Global} at byte {first.ByteOffset} of its pickle; {nameof(Checkpoint)}.{nameof(file.Findings)} lists them ({file.FilePath}).");
    }

    private static ProductFormat FormatOf(ComputeType type, Checkpoint file)
    {
        var stored = file.Packing?.Format;
        var wanted = type switch
        {
            ComputeType.AsStored => stored ?? ProductFormat.Single,
            ComputeType.Float32 => ProductFormat.Single,
            ComputeType.Int8 => ProductFormat.Int8,
            ComputeType.Int8Exact => ProductFormat.Int8Exact,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "This is no compute type."),
        };
        if (stored is { } held && held != wanted)
            throw new UnsupportedCheckpointException($"The file is packed for {PackedModel.NameOf(held)} and asked to compute in {PackedModel.NameOf(wanted)}: ask for what it holds, or convert the checkpoint again for the other ({file.FilePath}).");
        return wanted;
    }

    private static ModelConfig Override(ModelConfig config, NmtModelOptions options) => options.RotaryPairs switch
    {
        RotaryPairs.Interleaved => config with { RotaryInterleaved = true },
        RotaryPairs.Halves => config with { RotaryInterleaved = false },
        _ => config,
    };

    private TokenIds TargetIds()
    {
        var target = TargetVocabulary
            ?? throw new UnsupportedCheckpointException($"The checkpoint has no target vocabulary that is read, the decoder's tokens have no names ({Checkpoint.Checkpoint.FilePath}).");
        var known = TargetTokens(target);
        return new TokenIds(known.IdOf(Checkpoint.Vocabularies!.StartToken), known.IdOf(Vocabulary.Padding), target.UnknownId);
    }
}
