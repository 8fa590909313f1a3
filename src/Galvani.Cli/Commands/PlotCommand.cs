using System.CommandLine;
using Galvani.Checkpoints.Writing;
using Galvani.Cli.Hosting;
using Galvani.Cli.Output;
using Galvani.Plots;

namespace Galvani.Cli.Commands;

/// <summary><c>galvani plot</c>: pictures; one subcommand a figure.</summary>
internal sealed class PlotCommand : Command, IExplained
{
    public PlotCommand()
        : base("plot", "Draws pictures of vectors, tables and similarities as PNG or SVG.")
    {
        Subcommands.Add(new PlotSentenceCommand());
        Subcommands.Add(new PlotPositionsCommand());
        Subcommands.Add(new PlotTensorCommand());
        Subcommands.Add(new PlotTokensCommand());
        Subcommands.Add(new PlotSimilarityCommand());
        Subcommands.Add(new PlotProjectionCommand());
        Subcommands.Add(new PlotAttentionCommand());
        Subcommands.Add(new PlotLayersCommand());
    }

    public IReadOnlyList<string> Examples =>
    [
        "galvani plot sentence 'Мама мыла раму' 'Мама мыла окна' -o sentences.png",
        "galvani plot positions --heat-map -o positions.svg",
        "galvani plot projection 'Открыть файл' 'Закрыть файл' 'Привет!' -o projection.png",
    ];
}

/// <summary>A figure command: makes a figure, writes it whole or not at all.</summary>
internal abstract class FigureCommand : CliCommand
{
    private readonly Option<string> output = new("--output", "-o") { Description = "The picture: FILE.png or FILE.svg.", HelpName = "FILE", Required = true };
    private readonly Option<string?> size = new("--size") { Description = "Width x height in pixels. Default 1200x700.", HelpName = "WxH" };

    private protected FigureCommand(string name, string description)
        : base(name, description)
    {
        Register(output);
        Register(size);
    }

    protected sealed override int Execute(ParseResult result)
    {
        var path = result.GetValue(output)!;
        if (Path.GetExtension(path).ToLowerInvariant() is not (".png" or ".svg"))
            throw new UsageException($"{path} ends in '{Path.GetExtension(path)}', expected .png or .svg.");
        var pixels = FigureSize.Default;
        if (result.GetValue(size) is { } text && !FigureSize.TryParse(text, out pixels))
            throw new UsageException($"--size is '{text}', expected WIDTHxHEIGHT from {FigureSize.Range}.");
        var (bytes, note) = Draw(result, path, pixels);
        AtomicFile.Write(path, stream => stream.Write(bytes));
        var remark = note is null ? "" : $"; {note}";
        Standard.Write(writer => writer.Write($"wrote {path}, {pixels.Width}x{pixels.Height}, {Numbers.Bytes(bytes.Length)}{remark}\n"));
        return ExitCodes.Done;
    }

    private (byte[] Bytes, string? Note) Draw(ParseResult result, string path, FigureSize pixels)
    {
        try
        {
            var figure = Create(result);
            return (figure.ToFile(path, pixels), figure.Note);
        }
        catch (Exception exception) when (Missing(exception) is not null)
        {
            throw new CommandException($"The drawing library cannot be loaded: {Missing(exception)} belongs beside the program ({AppContext.BaseDirectory}); galvani's other commands do not need it.");
        }
    }

    /// <summary>The name of the native library that an exception says is not there; a type that needs one wraps it.</summary>
    private static string? Missing(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is DllNotFoundException)
                return exception.Message.Contains("HarfBuzz", StringComparison.Ordinal) ? "libHarfBuzzSharp" : "libSkiaSharp";
        }

        return null;
    }

    /// <summary>Makes the figure.</summary>
    private protected abstract Figure Create(ParseResult result);
}
