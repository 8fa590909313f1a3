namespace Galvani.Models.Layers;

/// <summary>What all layers of a pass share.</summary>
internal readonly ref struct LayerPass
{
    /// <param name="plan">The R rows and the keys that each sees.</param>
    /// <param name="angles">The rows' rotation.</param>
    /// <param name="workspace">Scratch.</param>
    /// <param name="observer">Sees layers and attention; null for none.</param>
    public LayerPass(RowPlan plan, RotaryAngles angles, Workspace workspace, ForwardObserver? observer)
    {
        (Plan, Workspace, Observer) = (plan, workspace, observer);
        Angles = angles;
    }

    /// <summary>The R rows and the keys that each sees.</summary>
    public RowPlan Plan { get; }

    /// <summary>The rows' rotation.</summary>
    public RotaryAngles Angles { get; }

    /// <summary>Scratch.</summary>
    public Workspace Workspace { get; }

    /// <summary>Sees layers and attention; null for none.</summary>
    public ForwardObserver? Observer { get; }
}
