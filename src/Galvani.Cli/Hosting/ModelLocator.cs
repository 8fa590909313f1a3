namespace Galvani.Cli.Hosting;

/// <summary>Which model a command uses: the one named, else <c>GALVANI_MODEL</c>, else the bundled sample, which one line on standard error says.</summary>
internal static class ModelLocator
{
    public const string Variable = "GALVANI_MODEL";

    /// <summary>The path of the bundled sample model, beside the program.</summary>
    public static string Sample => Path.Combine(AppContext.BaseDirectory, "samples", "ru-en", "model.pt");

    /// <summary>The model's path.</summary>
    /// <param name="given">What the command line names, or null.</param>
    public static string Resolve(string? given)
    {
        if (given is "")
            throw new UsageException("The model's file name is empty; leave it out to use the bundled sample.");
        if (given is not null)
            return Existing(given);
        var fromEnvironment = Environment.GetEnvironmentVariable(Variable);
        if (!string.IsNullOrEmpty(fromEnvironment))
        {
            StandardError.Note($"using the model {fromEnvironment} ({Variable})");
            return Existing(fromEnvironment);
        }

        if (!File.Exists(Sample))
            throw new UsageException($"No model is named, and the bundled sample is not at {Sample}: give --model FILE or set {Variable}.");
        StandardError.Note("no model is named: using the bundled sample (Russian to English)");
        return Sample;
    }

    private static string Existing(string path)
    {
        // A folder goes on to the reader, which tells what kind of model's it is.
        return File.Exists(path) || Directory.Exists(path) ? path : throw new CommandException($"There is no file {path}.{Similar(path)}");
    }

    private static string Similar(string path)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path));
        if (folder is null || !Directory.Exists(folder))
            return "";
        var names = Directory.EnumerateFiles(folder, "*.pt").Concat(Directory.EnumerateFiles(folder, "*.galvani")).Take(1000).Select(Path.GetFileName).OfType<string>();
        return Hints.Nearest(Path.GetFileName(path), names);
    }
}
