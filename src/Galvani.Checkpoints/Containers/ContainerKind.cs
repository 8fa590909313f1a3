namespace Galvani.Checkpoints.Containers;

/// <summary>The forms of file that are read, told by content, never by extension.</summary>
public enum ContainerKind
{
    /// <summary>The zip archive that <c>torch.save</c> writes since 1.6.</summary>
    TorchZip,

    /// <summary>The stacked pickles and raw storages that <c>torch.save</c> wrote before 1.6.</summary>
    TorchLegacy,

    /// <summary>A pickle by itself, with its tensors inside.</summary>
    Pickle,

    /// <summary>A safetensors file.</summary>
    Safetensors,

    /// <summary>One numpy array.</summary>
    Npy,

    /// <summary>A zip archive of numpy arrays.</summary>
    Npz,

    /// <summary>A <c>.galvani</c> file: the zip archive of torch with projections packed for Galvani.</summary>
    Galvani,

    /// <summary>The tar archive that <c>torch.save</c> wrote before 0.1.10.</summary>
    TorchTar,
}

/// <summary>The forms in words.</summary>
public static class ContainerKinds
{
    /// <summary>The form in a few words, as <c>inspect</c> shows it.</summary>
    /// <param name="kind">The form.</param>
    public static string Describe(this ContainerKind kind) => kind switch
    {
        ContainerKind.TorchZip => "torch zip",
        ContainerKind.TorchLegacy => "torch's old container",
        ContainerKind.Pickle => "plain pickle",
        ContainerKind.Safetensors => "safetensors",
        ContainerKind.Npy => "numpy array (.npy)",
        ContainerKind.TorchTar => "torch's tar archive",
        ContainerKind.Galvani => "packed for Galvani (.galvani)",
        _ => "numpy archive (.npz)",
    };
}
