using System.Globalization;
using Galvani.Checkpoints;
using Galvani.Checkpoints.Containers;
using Galvani.Checkpoints.Pickles;
using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Commands;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Kernels;
using Galvani.Models.OpenNmt;
using Galvani.Text;

namespace Galvani.Cli.Views;

/// <summary>The default view of <c>inspect</c>: one screen that tells a person what a file is.</summary>
internal static class OverviewView
{
    private const double EnoughCoverage = 0.95;
    private const int ShownItems = 8;
    private const int ShownName = 60;
    private const int ShownText = 400;

    public static void WriteText(TextWriter output, OpenNmtCheckpoint checkpoint)
    {
        var file = checkpoint.Checkpoint;
        output.Write($"{PlainText.Visible(file.FilePath)}  {Numbers.Bytes(file.FileBytes)}\n");
        var table = new TextTable("", "").WrapAtScreen();
        table.Add("container", ContainerText(file));
        if (checkpoint.WeightFiles.Count > 0)
            table.Add("weights", string.Join(", ", checkpoint.WeightFiles.Select(weights => PlainText.Visible(Path.GetFileName(weights.FilePath)))));
        if (file.Packing is { } packing)
            table.Add("packed", Invariant($"{packing.Projections.Count} projections for {ComputeTypes.NameOf(packing.Format)}, {Numbers.Bytes(packing.Bytes)}, by {PlainText.Visible(packing.Writer)}; their tensors are {(packing.Format == ProductFormat.Single ? "unpacked exactly" : "shown as what the 8 bits stand for")}"));
        if (checkpoint.Part is { } part)
            table.Add("part", $"{part.Part} of {PlainText.Visible(part.Source)}, cut out by galvani");
        if (checkpoint.IsLowRankAdaptation)
            table.Add("part", $"low-rank adaptation (LoRA); before use, merge it into its base model: galvani merge-lora BASE {PlainText.Visible(file.FilePath)} -o OUT");
        if (SavedModule.IsModule(file.Root))
            table.Add("root", $"{PlainText.Visible(((PickleObject)file.Root).Global)}, a module saved whole: its tensors have the names that state_dict() gives them");
        if (file.Root is PickleDictionary root)
            table.Add("top level", Listed([.. ObjectTree.Children(root).Select(child => $"{PlainText.Elide(PlainText.Visible(child.Key), ShownName)} ({TopLevel(child.Value)})")], ", ", "--object / shows them"));
        if (file.Findings.Count > 0)
            table.Add("warning", $"{Numbers.Of(file.Findings.Count, "global")} not interpreted; see --safety");
        table.Write(output);
        if (checkpoint.IsOpenNmt)
            WriteModel(output, checkpoint);
        WriteParts(output, checkpoint);
        if (checkpoint.IsOpenNmt)
            WriteText(output, "training", Training(checkpoint.Options));
        WriteNotes(output, checkpoint);
    }

    public static void WriteJson(JsonText json, OpenNmtCheckpoint checkpoint)
    {
        var file = checkpoint.Checkpoint;
        json.BeginObject().Name("file").Text(file.FilePath).Name("bytes").Number(file.FileBytes).Name("container").Text(file.Container.Describe()).Name("format_version").Text(file.FormatVersion).Name("pickle_protocol");
        if (file.PickleProtocol is { } protocol)
            json.Number((long)protocol);
        else
            json.Null();
        json.Name("entries").Number((long)file.Entries.Count).Name("tensors").Number((long)file.Tensors.Count).Name("storages").Number((long)file.Storages.Count);
        if (file.Packing is { } packing)
        {
            json.Name("packed").BeginObject().Name("compute").Text(ComputeTypes.NameOf(packing.Format)).Name("projections").Number((long)packing.Projections.Count).Name("bytes").Number(packing.Bytes)
                .Name("writer").Text(packing.Writer).EndObject();
        }
        else
            json.Name("packed").Null();

        json.Name("part").Text(checkpoint.Part?.Part);
        json.Name("low_rank_adaptation").Flag(checkpoint.IsLowRankAdaptation);
        json.Name("top_level").BeginObject();
        foreach (var (key, value) in ObjectTree.Children(file.Root))
            json.Name(key).Text(TopLevel(value));
        json.EndObject().Name("architecture");
        WritePairs(json, checkpoint.IsOpenNmt ? ArchitectureDescription.Of(checkpoint) : []);
        json.Name("parts").BeginArray();
        foreach (var part in ModelParts.Of(checkpoint))
        {
            json.BeginObject().Name("name").Text(part.Name).Name("tensors").Number((long)part.TensorCount).Name("parameters").Number(part.ParameterCount)
                .Name("bytes").Number(part.Bytes).Name("shared_with").Text(part.SharedWith).EndObject();
        }

        json.EndArray().Name("text");
        WritePairs(json, checkpoint.IsOpenNmt ? TextLines(checkpoint) : []);
        json.Name("training");
        WritePairs(json, checkpoint.IsOpenNmt ? Training(checkpoint.Options) : []);
        json.Name("optimizer").Text(checkpoint.Optimizer.Description).Name("repairs").Texts(checkpoint.Options.HasFileOptions ? [.. checkpoint.Options.Repairs.Select(OptionNames.InPlaceOfMembers)] : []).EndObject();
    }

    private static void WritePairs(JsonText json, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        json.BeginObject();
        foreach (var (label, value) in pairs)
            json.Name(label).Text(value);
        json.EndObject();
    }

    private static void WriteModel(TextWriter output, OpenNmtCheckpoint checkpoint)
    {
        WriteText(output, "architecture", ArchitectureDescription.Of(checkpoint));
        WriteText(output, "text", TextLines(checkpoint));
    }

    private static void WriteText(TextWriter output, string heading, IReadOnlyList<KeyValuePair<string, string>> lines)
    {
        if (lines.Count == 0)
            return;
        output.Write($"\n{heading}\n");
        var table = new TextTable("", "").WrapAtScreen();
        foreach (var (label, value) in lines)
            table.Add(PlainText.Visible(label), PlainText.Elide(PlainText.Visible(value), ShownText));
        table.Write(output, "  ");
    }

    private static void WriteParts(TextWriter output, OpenNmtCheckpoint checkpoint)
    {
        var parts = ModelParts.Of(checkpoint);
        if (parts.Count == 0)
            return;
        output.Write("\nparts\n");
        var table = new TextTable("", "tensors", "parameters", "bytes", "").AlignRight(1, 2, 3).WrapAtScreen();
        foreach (var part in parts)
        {
            table.Add(part.Name, part.TensorCount.ToString(CultureInfo.InvariantCulture), Numbers.Count(part.ParameterCount), Numbers.Bytes(part.Bytes),
                part.SharedWith is null ? "" : $"shares {part.SharedWith}");
        }

        table.Add("all", parts.Sum(part => part.TensorCount).ToString(CultureInfo.InvariantCulture), Numbers.Count(parts.Sum(part => part.ParameterCount)), Numbers.Bytes(parts.Sum(part => part.Bytes)),
            string.Join(", ", checkpoint.Tensors.Select(tensor => tensor.View.DType.TorchName()).Concat(checkpoint.Tensors.Select(tensor => TensorsView.Device(tensor.View)).OfType<string>()).Distinct()));
        table.Write(output, "  ");
    }

    private static List<KeyValuePair<string, string>> TextLines(OpenNmtCheckpoint checkpoint)
    {
        var lines = new List<KeyValuePair<string, string>>();
        if (checkpoint.Vocabularies is { } vocabularies)
        {
            lines.Add(new("vocabulary", vocabularies.IsShared
                ? Invariant($"{vocabularies.Source!.Count} tokens, the same on both sides")
                : Invariant($"source {vocabularies.Source?.Count ?? 0} tokens, target {vocabularies.Target?.Count ?? 0}")));
            if (vocabularies.SourceFeatures.Count > 0)
                lines.Add(new("features", string.Join(", ", vocabularies.SourceFeatures.Select(feature => Invariant($"{feature.Count} values")))));
            var search = vocabularies.IsBeforeVersion3 ? "; translate --defaults v2 searches as OpenNMT-py 2" : "";
            lines.Add(new("start token", (vocabularies.StartToken.Length == 0 ? "none" : vocabularies.StartToken) + search));
        }

        AddTokenization(lines, checkpoint);
        var prefixed = checkpoint.Tokenization.Corpora.Where(corpus => corpus.SourcePrefix.Length + corpus.TargetPrefix.Length > 0).ToList();
        if (prefixed.Count > 0)
            lines.Add(new("prefixes", Listed([.. prefixed.Select(corpus => $"{corpus.Name}: source '{corpus.SourcePrefix}', target '{corpus.TargetPrefix}'")], "; ", "--object /opt/data shows them")));
        return lines;
    }

    private static void AddTokenization(List<KeyValuePair<string, string>> lines, OpenNmtCheckpoint checkpoint)
    {
        string transforms;
        try
        {
            transforms = string.Join(", ", checkpoint.Tokenization.Transforms());
        }
        catch (ArgumentException exception)
        {
            transforms = exception.Message;
        }

        lines.Add(new("transforms", transforms.Length == 0 ? "none recorded" : transforms));
        var found = checkpoint.Tokenization.FindSourceModel(out _);
        if (found is null)
        {
            if (checkpoint.Tokenization.SourceModelName.Length > 0)
                lines.Add(new("tokenizer", $"{checkpoint.Tokenization.SourceModelName}, not found beside the checkpoint"));
            return;
        }

        try
        {
            lines.Add(new("tokenizer", Path.GetFileName(found) + Coverage(found, checkpoint)));
        }
        catch (Exception exception) when (exception is TokenizerFormatException or IOException)
        {
            lines.Add(new("tokenizer", exception.Message));
        }
    }

    private static string Coverage(string tokenizer, OpenNmtCheckpoint checkpoint)
    {
        if (checkpoint.Vocabularies?.Source is not { } tokens || Tokenizer.CoverageOf(tokenizer, new Vocabulary(tokens)) is not { } coverage)
            return "";
        var text = Invariant($": {coverage.Present} of {coverage.Total} pieces in vocabulary ({100 * coverage.Share:0.#} %)");
        return coverage.Share < EnoughCoverage ? text + " - WARNING: probably not this model's tokenizer" : text;
    }

    private static List<KeyValuePair<string, string>> Training(OpenNmtOptions options)
    {
        var lines = new List<KeyValuePair<string, string>>();
        Add("optimizer", "optim", "learning_rate", "warmup_steps", "decay_method");
        Add("regularisation", "dropout", "attention_dropout", "label_smoothing");
        Add("batches", "batch_size", "batch_type", "accum_count", "train_steps");
        return lines;

        void Add(string label, params string[] names)
        {
            var known = names.Where(options.IsInFile).Select(name => $"{name} {options.Find(name)!.Text}").ToList();
            if (known.Count > 0)
                lines.Add(new(label, string.Join(", ", known)));
        }
    }

    private static void WriteNotes(TextWriter output, OpenNmtCheckpoint checkpoint)
    {
        var notes = new List<string> { $"optimizer state: {checkpoint.Optimizer.Description}" };
        if (checkpoint.IsOpenNmt)
            notes.AddRange(checkpoint.Options.Repairs.Select(repair => $"repaired: {OptionNames.InPlaceOfMembers(repair)}"));
        else
            notes.Add("no opt: this is a file of tensors, not a whole OpenNMT-py checkpoint");
        output.Write("\n");
        foreach (var line in notes.SelectMany(note => TextWrap.Lines(PlainText.Visible(note), TextWrap.ScreenColumns)))
            output.Write($"{line}\n");
    }

    private static string ContainerText(Checkpoint file)
    {
        var text = file.Container.Describe();
        if (file.Container is ContainerKind.TorchZip or ContainerKind.TorchLegacy or ContainerKind.Galvani)
            text += $", format {file.FormatVersion ?? "unknown"}";
        if (file.PickleProtocol is { } protocol)
            text += Invariant($", pickle protocol {protocol}");
        if (file.Entries.Count > 0)
            text += $", {Numbers.Of(file.Entries.Count, file.Container is ContainerKind.TorchZip or ContainerKind.Npz or ContainerKind.Galvani ? "entry" : "part")}";
        return text + $"; {Numbers.Of(file.Tensors.Count, "tensor")}";
    }

    /// <summary>The first items, and how many more there are, so that a file of a thousand tensors still fits a screen.</summary>
    private static string Listed(IReadOnlyList<string> items, string separator, string where) =>
        string.Join(separator, items.Take(ShownItems)) + (items.Count > ShownItems ? Invariant($" and {items.Count - ShownItems} more; {where}") : "");

    private static string TopLevel(PickleValue value) => value switch
    {
        PickleDictionary dictionary => Invariant($"{ShortName(dictionary.TypeName)} of {dictionary.Entries.Count}"),
        PickleList list => Invariant($"list of {list.Items.Count}"),
        PickleTuple tuple => Invariant($"{tuple.TypeName} of {tuple.Items.Count}"),
        PickleTensor tensor => $"tensor [{string.Join(", ", tensor.View.Shape)}]",
        PickleNone => "None",
        PickleObject made => PlainText.Visible(made.Global),
        _ => PlainText.Elide(ObjectTree.KeyText(value), 40),
    };

    private static string ShortName(string typeName) => typeName[(typeName.LastIndexOf('.') + 1)..];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
