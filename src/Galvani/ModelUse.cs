namespace Galvani;

/// <summary>A use of a model's memory, from here to the end of a scope: while it lasts, the model is not closed.</summary>
internal readonly ref struct ModelUse
{
    private readonly NmtModel model;

    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public ModelUse(NmtModel model)
    {
        model.BeginUse();
        this.model = model;
    }

    /// <summary>Ends the use.</summary>
    public void Dispose() => model.EndUse();
}
