using System.Globalization;
using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Output;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Views;

/// <summary>What <c>diff</c> shows.</summary>
internal static class DiffView
{
    private const int ShownTokens = 10;
    private const int ShownCharacters = 60;

    public static void WriteText(TextWriter output, DiffReport report)
    {
        if (report.Options.Count > 0)
            WriteOptions(output, report.Options);
        foreach (var vocabulary in report.Vocabularies)
            WriteVocabulary(output, vocabulary);
        if (report.Tensors.Count > 0)
            WriteTensors(output, report.Tensors);
        if (report.Optimizers is not null)
            output.Write($"the optimizers are not compared: {PlainText.Visible(report.Optimizers)}\n");
        output.Write(report.IsSame
            ? FormattableString.Invariant($"the same: options, vocabularies and all {report.ComparedCount} tensors\n")
            : FormattableString.Invariant($"{Numbers.Of(report.Options.Count, "option")}, {Numbers.Of(report.Vocabularies.Count, "token list")} and {report.Tensors.Count} of {report.ComparedCount} tensors differ\n"));
    }

    public static void WriteJson(JsonText json, DiffReport report)
    {
        json.BeginObject().Name("same").Flag(report.IsSame).Name("options").BeginArray();
        foreach (var option in report.Options)
            json.BeginObject().Name("name").Text(option.Name).Name("first").Text(option.First).Name("second").Text(option.Second).EndObject();
        json.EndArray().Name("vocabularies").BeginArray();
        foreach (var vocabulary in report.Vocabularies)
        {
            json.BeginObject().Name("name").Text(vocabulary.Name).Name("first_count").Number((long)vocabulary.FirstCount).Name("second_count").Number((long)vocabulary.SecondCount)
                .Name("only_first").Texts(vocabulary.OnlyFirst).Name("only_second").Texts(vocabulary.OnlySecond).Name("moved").Number((long)vocabulary.MovedCount).EndObject();
        }

        json.EndArray().Name("tensors").BeginArray();
        foreach (var tensor in report.Tensors)
            WriteJson(json, tensor);
        json.EndArray().Name("compared").Number((long)report.ComparedCount).Name("optimizers").Text(report.Optimizers).EndObject();
    }

    private static void WriteJson(JsonText json, ModelTensorDifference tensor)
    {
        json.BeginObject().Name("name").Text(tensor.Name).Name("first");
        WriteForm(json, tensor.First);
        json.Name("second");
        WriteForm(json, tensor.Second);
        if (tensor.Values is { } values)
        {
            json.Name("different").Number(values.DifferentCount).Name("max_difference").Number(values.Maximum).Name("mean_difference").Number(values.Mean)
                .Name("cosine").Number(values.Cosine);
        }

        json.EndObject();
    }

    private static void WriteForm(JsonText json, TensorView? view)
    {
        if (view is null)
            json.Null();
        else
            json.BeginObject().Name("dtype").Text(view.DType.TorchName()).Name("shape").Numbers64(view.Shape).EndObject();
    }

    private static void WriteOptions(TextWriter output, IReadOnlyList<OptionDifference> options)
    {
        var table = new TextTable("option", "first", "second");
        table.AddLazily(options.Select(option => (string[])[PlainText.Visible(option.Name), Shown(option.First), Shown(option.Second)])).Write(output);
        output.Write("\n");
    }

    private static void WriteVocabulary(TextWriter output, VocabularyDifference vocabulary)
    {
        output.Write(FormattableString.Invariant($"vocab.{vocabulary.Name}: {vocabulary.FirstCount} and {vocabulary.SecondCount} tokens; {vocabulary.MovedCount} with other ids\n"));
        WriteTokens(output, "only in the first", vocabulary.OnlyFirst);
        WriteTokens(output, "only in the second", vocabulary.OnlySecond);
        output.Write("\n");
    }

    private static void WriteTokens(TextWriter output, string label, IReadOnlyList<string> tokens)
    {
        if (tokens.Count > 0)
            output.Write($"  {tokens.Count} {label}: {PlainText.Visible(string.Join(' ', tokens.Take(ShownTokens)))}{(tokens.Count > ShownTokens ? " …" : "")}\n");
    }

    private static void WriteTensors(TextWriter output, IReadOnlyList<ModelTensorDifference> tensors)
    {
        var table = new TextTable("tensor", "first", "second", "different", "max", "mean", "cosine").AlignRight(3, 4, 5, 6);
        table.AddLazily(tensors.Select(Cells)).Write(output);
        output.Write("\n");
    }

    private static string[] Cells(ModelTensorDifference tensor)
    {
        var (first, second) = (Form(tensor.First), Form(tensor.Second));
        var count = tensor.Values is { } values ? values.DifferentCount.ToString(CultureInfo.InvariantCulture) : "";
        return [PlainText.Visible(tensor.Name), first, second == first ? "the same" : second, count, Short(tensor.Values?.Maximum), Short(tensor.Values?.Mean), Short(tensor.Values?.Cosine)];
    }

    private static string Form(TensorView? view) => view is null ? "-" : $"{view.DType.TorchName()} {TensorsView.Shape(view)}";

    private static string Shown(string? value) => value is null ? "-" : PlainText.Elide(PlainText.Visible(value), ShownCharacters);

    private static string Short(double? value) => value?.ToString("G5", CultureInfo.InvariantCulture) ?? "";
}
