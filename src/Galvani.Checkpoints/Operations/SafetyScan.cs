using Galvani.Checkpoints.Pickles;

namespace Galvani.Checkpoints.Operations;

/// <summary>What a Python loader would do with a file.</summary>
public enum SafetyVerdict
{
    /// <summary>It would import and call only what torch and OpenNMT-py files consist of.</summary>
    Safe,

    /// <summary>It would import something else; whether that is harmful is not known.</summary>
    Unknown,

    /// <summary>It would import something that is known to run commands, open connections or evaluate code.</summary>
    Dangerous,

    /// <summary>The file is broken; what was seen before the break is reported.</summary>
    Unreadable,
}

/// <summary>A scan of a file by default deny: everything that the reader does not interpret is a finding.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Findings">What is not interpreted, in file order.</param>
/// <param name="Problem">What is broken, or null.</param>
public sealed record SafetyScan(SafetyVerdict Verdict, IReadOnlyList<PickleFinding> Findings, string? Problem)
{
    private static readonly HashSet<string> DangerousModules = new(StringComparer.Ordinal)
    {
        "os", "posix", "nt", "subprocess", "sys", "shutil", "socket", "pty", "runpy", "importlib", "webbrowser", "code", "codeop", "commands", "ctypes", "multiprocessing",
        "pickle", "_pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "types", "builtins", "__builtin__", "operator", "_operator", "timeit", "pdb", "bdb", "idlelib", "pip",
        "platform", "asyncio", "threading", "_thread", "http", "urllib", "requests", "ftplib", "smtplib", "telnetlib", "xmlrpc", "tempfile", "pathlib", "io", "_io", "signal", "gc",
        "inspect", "pydoc", "distutils", "setuptools", "numpy.testing", "torch.hub", "torch.utils", "functools", "site", "venv", "ensurepip", "zipimport", "profile", "cProfile", "trace",
        "aiohttp", "httplib", "doctest", "uuid", "_aix_support", "_osx_support", "_pyrepl", "lib2to3", "imaplib", "poplib", "nntplib", "logging.config", "sqlite3", "fileinput", "zipfile", "tarfile",
        "numpy.f2py", "torch.serialization", "torch.jit", "torch._dynamo", "torch._inductor", "torch.fx", "torch.package", "torch.distributed", "torch.multiprocessing", "torch.testing",
    };

    /// <summary>Scans a file; never throws for what is in it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">Bounds; null for the defaults.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SafetyScan Run(string path, CheckpointLimits? limits = null)
    {
        var scan = Checkpoint.Scan(path, limits);
        return scan.Failure is null
            ? new SafetyScan(Judge(scan.Findings), scan.Findings, Problem: null)
            : new SafetyScan(SafetyVerdict.Unreadable, scan.Findings, scan.Failure.Message);
    }

    /// <summary>Whether a global is known to be able to do harm.</summary>
    /// <param name="global">The dotted name.</param>
    public static bool IsDangerous(string global)
    {
        ArgumentNullException.ThrowIfNull(global);
        var module = global;
        for (var dot = module.LastIndexOf('.'); dot > 0; dot = module.LastIndexOf('.'))
        {
            module = module[..dot];
            if (DangerousModules.Contains(module))
                return true;
        }

        return false;
    }

    private static SafetyVerdict Judge(IReadOnlyList<PickleFinding> findings)
    {
        if (findings.Count == 0)
            return SafetyVerdict.Safe;
        return findings.Any(finding => IsDangerous(finding.Global)) ? SafetyVerdict.Dangerous : SafetyVerdict.Unknown;
    }
}
