using Galvani.Cli.Hosting;
using Galvani.Cli.Output;

// The version is asked for by scripts: answered before anything else is built.
if (args is ["--version", ..])
{
    var form = args.Length == 1 ? VersionInfo.Version + "\n" : args[1] switch
    {
        "--json" => VersionInfo.Json(),
        "--verbose" => VersionInfo.Verbose(),
        _ => null,
    };
    if (form is not null)
    {
        try
        {
            Standard.Write(output => output.Write(form));
            return ExitCodes.Done;
        }
        catch (IOException exception)
        {
            return Failure.Report(exception, interruption: null);
        }
    }
}

return Application.Run(args);
