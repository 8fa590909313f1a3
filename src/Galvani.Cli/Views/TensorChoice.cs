using Galvani.Checkpoints.Operations;
using Galvani.Cli.Hosting;
using Galvani.Models.OpenNmt;

namespace Galvani.Cli.Views;

/// <summary>The tensors that a view shows: the model's under their names, or, in other files, all under their object paths.</summary>
internal static class TensorChoice
{
    public static IReadOnlyList<OpenNmtTensor> All(OpenNmtCheckpoint checkpoint) =>
        checkpoint.Tensors.Count > 0
            ? checkpoint.Tensors
            : [.. checkpoint.Checkpoint.Tensors.Select(tensor => new OpenNmtTensor(tensor.ObjectPath, tensor.ObjectPath, tensor.ObjectPath, tensor.View))];

    /// <summary>The tensors that match a pattern; an error that names near ones where none does.</summary>
    public static IReadOnlyList<OpenNmtTensor> Matching(OpenNmtCheckpoint checkpoint, string pattern)
    {
        var all = All(checkpoint);
        if (pattern.Length == 0 || pattern == "*")
            return all;
        var glob = new Glob(pattern);
        var matches = all.Where(tensor => glob.IsMatch(tensor.Name) || glob.IsMatch(tensor.ObjectPath)).ToList();
        return matches.Count > 0 ? matches : throw NotFound(checkpoint, pattern);
    }

    /// <summary>One tensor by its name or object path, among all of the file.</summary>
    public static OpenNmtTensor One(OpenNmtCheckpoint checkpoint, string name)
    {
        var all = All(checkpoint);
        return all.FirstOrDefault(tensor => tensor.Name == name || tensor.ObjectPath == name || tensor.FileName == name)
            ?? checkpoint.Checkpoint.Tensors.Where(tensor => tensor.ObjectPath == name).Select(tensor => new OpenNmtTensor(name, name, name, tensor.View)).FirstOrDefault()
            ?? throw NotFound(checkpoint, name);
    }

    private static CommandException NotFound(OpenNmtCheckpoint checkpoint, string name) =>
        new($"The file has no tensor {name} ({checkpoint.Checkpoint.FilePath}).{Hints.Nearest(name, All(checkpoint).Select(tensor => tensor.Name), Otherwise(name))}");

    private static string Otherwise(string name) =>
        File.Exists(name) ? $" The file goes first: galvani inspect {name} --tensors." : " galvani inspect FILE --tensors lists them.";
}
