using Galvani.Cli.Hosting;

return Application.Run(args);
