using System.Diagnostics;
using System.Text;

namespace Galvani.Testing;

/// <summary>What a run of the program gave.</summary>
/// <param name="ExitCode">The exit code; 128 + n when a signal n ended it.</param>
/// <param name="OutputBytes">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record GalvaniResult(int ExitCode, byte[] OutputBytes, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Output => Encoding.UTF8.GetString(OutputBytes);
}

/// <summary>Runs the real program as a child process.</summary>
public sealed class GalvaniProcess
{
    /// <summary>The program that tests run: the one that is built beside them.</summary>
    public static string BuiltProgram { get; } = Path.Combine(AppContext.BaseDirectory, "Galvani.Cli");

    /// <summary>The program's file.</summary>
    public string Program { get; init; } = BuiltProgram;

    /// <summary>The folder it runs in; null for the test's own.</summary>
    public string? WorkingFolder { get; init; }

    /// <summary>The whole environment; null for the test's own without <c>GALVANI_MODEL</c>.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>The longest a run may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Runs the program with arguments and no input.</summary>
    public static GalvaniResult Run(params string[] arguments) => new GalvaniProcess().Execute(arguments, []);

    /// <summary>Runs the program with arguments and text as its standard input.</summary>
    public static GalvaniResult RunWith(string input, params string[] arguments) => new GalvaniProcess().Execute(arguments, Encoding.UTF8.GetBytes(input));

    /// <summary>Runs the program to its end.</summary>
    public GalvaniResult Execute(IEnumerable<string> arguments, byte[] input)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync();
        using var output = new MemoryStream();
        var copy = process.StandardOutput.BaseStream.CopyToAsync(output);
        try
        {
            process.StandardInput.BaseStream.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // the program ended before it read everything
        }

        if (!process.WaitForExit(Timeout))
        {
            process.Kill();
            throw new TimeoutException($"The program did not end within {Timeout.TotalSeconds} s.");
        }

        copy.Wait();
        return new GalvaniResult(process.ExitCode, output.ToArray(), error.Result);
    }

    /// <summary>Starts the program with all three streams redirected.</summary>
    public Process Start(IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardErrorEncoding = Encoding.UTF8, WorkingDirectory = WorkingFolder ?? "",
        };
        if (Environment is not null)
        {
            start.Environment.Clear();
            foreach (var (name, value) in Environment)
                start.Environment[name] = value;
        }

        start.Environment.Remove("GALVANI_MODEL");
        return Process.Start(start)!;
    }
}
