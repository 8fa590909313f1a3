using System.Globalization;
using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Tensors;
using Galvani.Cli.Output;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Views;

/// <summary><c>inspect --stats</c>: what the numbers of tensors are like.</summary>
internal static class StatisticsView
{
    private const int ShownRows = 5;
    private const string Bars = " ▁▂▃▄▅▆▇█";

    public static void WriteText(TextWriter output, OpenNmtCheckpoint checkpoint, IReadOnlyList<OpenNmtTensor> tensors, bool withRows)
    {
        var table = new TextTable("name", "min", "max", "mean", "std", "norm", "nan", "inf", "zero", "histogram").AlignRight(1, 2, 3, 4, 5, 6, 7, 8).FoldAt(TextWrap.TerminalColumns);
        foreach (var tensor in tensors.Where(tensor => IsReal(tensor.View)))
        {
            var statistics = TensorStatistics.Compute(tensor.View);
            table.Add(PlainText.Visible(tensor.Name), Short(statistics.Minimum), Short(statistics.Maximum), Short(statistics.Mean), Short(statistics.StandardDeviation), Short(statistics.Norm),
                Whole(statistics.NanCount), Whole(statistics.InfinityCount), Whole(statistics.ZeroCount), Sparkline(statistics.Histogram));
        }

        table.Write(output);
        foreach (var tensor in tensors.Where(tensor => !IsReal(tensor.View)))
            output.Write($"{PlainText.Visible(tensor.Name)}: numbers of {tensor.View.DType.TorchName()} have no statistics\n");
        if (!withRows)
            return;
        foreach (var tensor in tensors.Where(tensor => tensor.View.Rank == 2 && IsReal(tensor.View)))
            WriteRows(output, checkpoint, tensor);
    }

    public static void WriteJson(JsonText json, OpenNmtCheckpoint checkpoint, IReadOnlyList<OpenNmtTensor> tensors, bool withRows)
    {
        json.BeginArray();
        foreach (var tensor in tensors.Where(tensor => IsReal(tensor.View)))
        {
            var statistics = TensorStatistics.Compute(tensor.View);
            json.BeginObject().Name("name").Text(tensor.Name).Name("count").Number(statistics.Count).Name("min").Number(statistics.Minimum).Name("max").Number(statistics.Maximum)
                .Name("mean").Number(statistics.Mean).Name("std").Number(statistics.StandardDeviation).Name("norm").Number(statistics.Norm).Name("nan").Number(statistics.NanCount)
                .Name("inf").Number(statistics.InfinityCount).Name("zero").Number(statistics.ZeroCount).Name("histogram").Numbers64(statistics.Histogram);
            if (withRows && tensor.View.Rank == 2)
            {
                json.Name("rows").BeginArray();
                foreach (var (row, norm, token) in ExtremeRows(checkpoint, tensor))
                    json.BeginObject().Name("row").Number(row).Name("norm").Number(norm).Name("token").Text(token).EndObject();
                json.EndArray();
            }

            json.EndObject();
        }

        json.EndArray();
    }

    private static void WriteRows(TextWriter output, OpenNmtCheckpoint checkpoint, OpenNmtTensor tensor)
    {
        output.Write($"\nrow norms of {PlainText.Visible(tensor.Name)}: smallest and largest\n");
        var table = new TextTable("row", "norm", "token").AlignRight(0, 1);
        foreach (var (row, norm, token) in ExtremeRows(checkpoint, tensor))
            table.Add(row.ToString(CultureInfo.InvariantCulture), Short(norm), PlainText.Visible(token ?? ""));
        table.Write(output, "  ");
    }

    private static IEnumerable<(long Row, double Norm, string? Token)> ExtremeRows(OpenNmtCheckpoint checkpoint, OpenNmtTensor tensor)
    {
        var tokens = Tokens(checkpoint, tensor.Name);
        return TensorStatistics.ExtremeRows(tensor.View, ShownRows).Select(row => (row.Row, row.Norm, tokens is not null && row.Row < tokens.Count ? tokens[(int)row.Row] : null));
    }

    private static IReadOnlyList<string>? Tokens(OpenNmtCheckpoint checkpoint, string name) => name switch
    {
        OpenNmtNames.SourceEmbedding => checkpoint.Vocabularies?.Source,
        OpenNmtNames.TargetEmbedding or OpenNmtNames.GeneratorWeight => checkpoint.Vocabularies?.Target,
        _ => null,
    };

    private static bool IsReal(TensorView view) => view.DType.IsReadable() && !view.DType.IsComplex();

    private static string Short(double value) => value.ToString("G5", CultureInfo.InvariantCulture);

    private static string Whole(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Sparkline(IReadOnlyList<long> histogram)
    {
        var largest = Math.Max(1, histogram.Max());
        return string.Concat(histogram.Select(count => count == 0 ? Bars[0] : Bars[(int)Math.Ceiling((Bars.Length - 1) * (double)count / largest)]));
    }
}
