namespace Galvani.Testing.Fuzzing;

/// <summary>Makes the files that a reader is fuzzed with: half of them know the structure, half are real files with bytes changed.</summary>
/// <param name="Name">The reader.</param>
/// <param name="Make">Makes a file from a seeded source of numbers.</param>
public sealed record FuzzSource(string Name, Func<Random, byte[]> Make)
{
    private static readonly string[] Names =
        ["encoder.embeddings.make_embedding.emb_luts.0.weight", "decoder.embeddings.make_embedding.emb_luts.0.weight", "generator.weight", "generator.bias", "decoder.layer_norm.a_2", "decoder.transformer_layers.0.mask"];

    private static readonly byte[][] Archives =
        [.. Golden("tree-protocol4.pt", "layouts.pt", "whole-module.pt", "deflated.pt", "newer-records.pt", "dtypes.pt"), .. new[] { "dtypes.pt", "signs.pt", "conjugated.pt" }.Select(name => File.ReadAllBytes(Repository.Golden("newer", name)))];

    private static readonly byte[][] Old = [.. Golden("tree-legacy.pt", "layouts-legacy.pt", "dtypes-legacy.pt"), LegacyBuilder.Tensor().Build()];
    private static readonly byte[][] Tars = [TarBuilder.Whole().Build(), TarGenerator.Original()];
    private static readonly byte[][] Codes = [File.ReadAllBytes(Repository.Golden("bpe", "codes-version-0.1.txt"))[..4000], [.. "#version: 0.2\n"u8, .. File.ReadAllBytes(Repository.Golden("bpe", "codes-version-0.1.txt"))[..2000]]];
    private static readonly byte[][] Tokenizers = [.. Directory.GetFiles(Repository.Golden("sentencepiece-settings"), "*.model").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];

    private static readonly byte[][] Beginnings =
    [
        [], "GGUF"u8.ToArray(), "lmgg"u8.ToArray(), [0x89, .. "HDF"u8], [6, 0, 0, 0, 12, 0], [8, 7, 0x12], [0x0A, 9, 0x0A], [0x1F, 0x8B], "BZh"u8.ToArray(), [0xFD, .. "7zXZ"u8], [0x28, 0xB5, 0x2F, 0xFD],
        [4, 0x22, 0x4D, 0x18], "Rar!"u8.ToArray(), [0x7F, .. "ELF"u8], "MZ"u8.ToArray(), [0x89, .. "PNG"u8], [0xFF, 0xD8, 0xFF], "GIF8"u8.ToArray(), "%PDF"u8.ToArray(), " <html"u8.ToArray(), "[1, "u8.ToArray(), "текст "u8.ToArray(),
    ];

    /// <summary>The sources of files of tensors.</summary>
    public static IReadOnlyList<FuzzSource> Checkpoints { get; } =
    [
        new("zip", random => Half(random, Archives, () => ZipGenerator.Generate(random, new PickleGenerator(random, storageCount: 3).Generate(), new byte[16], new byte[16], new byte[16]))),
        new("pickle", random => ZipBuilder.Torch(new PickleGenerator(random, storageCount: 3).Generate(), new byte[16], new byte[16], new byte[16]).Build()),
        new("plain-pickle", random => random.Next(20) == 0 ? Foreign(random) : random.Next(2) == 0 ? new PickleGenerator(random, storageCount: 0).Generate() : PlainPickle(random)),
        new("old-container", random => Half(random, Old, () => OldContainer(random))),
        new("tar", random => Half(random, Tars, () => TarGenerator.Generate(random))),
        new("safetensors", random => random.Next(4) == 0 ? ByteMutator.Mutate(TextGenerators.Safetensors(random), random) : TextGenerators.Safetensors(random)),
        new("opennmt", OpenNmtGenerator.Generate),
        new("packed", random => random.Next(4) == 0 ? ByteMutator.Mutate(PackedGenerator.Generate(random), random) : PackedGenerator.Generate(random)),
        new("numpy", random => random.Next(4) switch
        {
            0 => ByteMutator.Mutate(TextGenerators.Array(random), random),
            1 => Archive(random),
            _ => TextGenerators.Array(random),
        }),
    ];

    /// <summary>The sources of tokenizers.</summary>
    public static IReadOnlyList<FuzzSource> Tokenizing { get; } =
    [
        new("sentencepiece", random => Half(random, Tokenizers, () => ProtobufMutator.Mutate(Tokenizers[random.Next(Tokenizers.Length)], random))),
        new("subword-nmt", random => random.Next(3) switch
        {
            0 => ByteMutator.Mutate(Codes[random.Next(Codes.Length)], random),
            1 => ByteMutator.Mutate(LineGenerators.Codes(random), random),
            _ => LineGenerators.Codes(random),
        }),
    ];

    /// <summary>The source of safetensors files that hold the weights of a checkpoint beside them.</summary>
    public static IReadOnlyList<FuzzSource> Weights { get; } = [new("split", random => random.Next(4) == 0 ? ByteMutator.Mutate(TextGenerators.Safetensors(random, Names), random) : TextGenerators.Safetensors(random, Names))];

    /// <summary>The source of lists of tokens: vocabularies with frequencies, tokens to keep, phrase tables.</summary>
    public static IReadOnlyList<FuzzSource> Lists { get; } = [new("vocabulary", random => random.Next(3) == 0 ? ByteMutator.Mutate(LineGenerators.List(random), random) : LineGenerators.List(random))];

    /// <summary>The source of vocabulary maps.</summary>
    public static IReadOnlyList<FuzzSource> VocabularyMaps { get; } = [new("vocabulary-map", random => random.Next(3) == 0 ? ByteMutator.Mutate(LineGenerators.VocabularyMap(random), random) : LineGenerators.VocabularyMap(random))];

    /// <summary>The source of option files.</summary>
    public static IReadOnlyList<FuzzSource> OptionFiles { get; } = [new("yaml", random => random.Next(3) == 0 ? ByteMutator.Mutate(LineGenerators.Yaml(random), random) : LineGenerators.Yaml(random))];

    /// <summary>The file of a case: the same for the same seed and index, on every machine.</summary>
    public byte[] CaseOf(int seed, int index) => Make(new Random(unchecked((seed * 1_000_003) + index)));

    private static byte[] Half(Random random, byte[][] originals, Func<byte[]> generate) =>
        random.Next(2) == 0 ? generate() : ByteMutator.Mutate(originals[random.Next(originals.Length)], random);

    private static byte[] OldContainer(Random random)
    {
        var count = random.Next(4);
        var file = new LegacyBuilder
        {
            Pickle = count == 0 ? new PickleGenerator(random, storageCount: 0).Generate() : RawPickle.Of(pickle => OldTensors(pickle, random, count)),
            After = new byte[random.Next(40) == 0 ? 1 : 0],
        };
        for (var i = 0; i < count; i++)
            file.Add(Key(random.Next(40) == 0 ? 0 : i), random.Next(40) == 0 ? ByteMutator.Extreme(random) : 4, new byte[16]);
        return random.Next(4) == 0 ? ByteMutator.Mutate(file.Build(), random) : file.Build();
    }

    private static void OldTensors(RawPickle pickle, Random random, int count)
    {
        pickle.Op("](");
        for (var i = 0; i < count; i++)
        {
            Action<RawPickle>? view = random.Next(3) == 0 ? part => part.Op('(').Text("v").Long(random.Next(3)).Long(random.Next(4)).Op('t') : null;
            pickle.LegacyTensor(Key(i), random.Next(40) == 0 ? ByteMutator.Extreme(random) : 4, random.Next(2), [random.Next(4)], [random.Next(2)], view);
        }

        pickle.Op('e');
    }

    private static string Key(int index) => index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static byte[] PlainPickle(Random random) => RawPickle.Of(pickle => pickle
        .Global("torch._utils", "_rebuild_tensor_v2").Op('(').Global("torch.storage", "_load_from_bytes").Op('(').Counted('B', random.Next(2) == 0 ? LegacyBuilder.Storage() : ByteMutator.Mutate(LegacyBuilder.Storage(), random)).Op("tR")
        .Long(random.Next(4)).Tuple(2).Tuple(1).Bytes(0x89).Global("collections", "OrderedDict").Op(")RtR"));

    /// <summary>The beginning of another program's file, and what may stand behind it.</summary>
    private static byte[] Foreign(Random random)
    {
        var rest = new byte[random.Next(64)];
        random.NextBytes(rest);
        return [.. Beginnings[random.Next(Beginnings.Length)], .. random.Next(2) == 0 ? rest : "Transformer, text"u8.ToArray()];
    }

    private static byte[] Archive(Random random)
    {
        var zip = new ZipBuilder();
        for (var i = random.Next(4); i >= 0; i--)
        {
            var name = FormattableString.Invariant($"a{i}.npy");
            _ = random.Next(2) == 0 ? zip.Add(name, TextGenerators.Array(random)) : zip.AddDeflated(name, TextGenerators.Array(random));
        }

        return random.Next(3) == 0 ? ByteMutator.Mutate(zip.Build(), random) : zip.Build();
    }

    private static byte[][] Golden(params string[] names) => [.. names.Select(name => File.ReadAllBytes(Repository.Golden("containers", name)))];
}
