using System.Diagnostics;
using Xunit;

namespace Galvani.Testing;

/// <summary>Runs a script with the system's Python, for tests against the original libraries.</summary>
public static class PythonScript
{
    /// <summary>Runs a script and returns what it prints; fails the test when it ends with an error.</summary>
    /// <param name="script">The Python source.</param>
    /// <param name="arguments">Its <c>sys.argv[1:]</c>.</param>
    public static string Run(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Requirement.Python, ["-c", script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"Python ended with {process.ExitCode}: {error.Result}");
        return output;
    }
}
