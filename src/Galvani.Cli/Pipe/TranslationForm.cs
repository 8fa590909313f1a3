namespace Galvani.Cli.Pipe;

/// <summary>How a translation is printed.</summary>
internal enum TranslationForm
{
    /// <summary>A line of text for each hypothesis.</summary>
    Text,

    /// <summary>As <see cref="Text"/>, with the score behind a tab.</summary>
    TextAndScore,

    /// <summary>One JSON object for each line of input.</summary>
    Json,
}
