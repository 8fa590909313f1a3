using Galvani.Checkpoints.Operations;
using Galvani.Checkpoints.Writing;

namespace Galvani.Models.OpenNmt.Grafting;

/// <summary>Where a layer of the new model comes from.</summary>
/// <param name="Side">The side.</param>
/// <param name="Layer">The layer in the new model.</param>
/// <param name="Source">The file.</param>
/// <param name="SourceLayer">The layer in that file.</param>
public sealed record LayerOrigin(ModelSide Side, int Layer, string Source, int SourceLayer);

/// <summary>How the rows of a table were matched.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Matched">The rows that come from the donor.</param>
/// <param name="Unmatched">The rows whose tokens the donor does not have.</param>
public sealed record RowMatch(string Name, int Matched, int Unmatched);

/// <summary>What became of a vocabulary.</summary>
/// <param name="Name"><c>src</c> or <c>tgt</c>.</param>
/// <param name="Before">Its tokens before tokens were left out.</param>
/// <param name="After">Its tokens in the new file.</param>
public sealed record VocabularyCut(string Name, int Before, int After);

/// <summary>What a graft did.</summary>
/// <param name="File">What was written.</param>
/// <param name="Parts">Whole parts that were taken, in words.</param>
/// <param name="Layers">The layers of stacks that changed, every layer of them.</param>
/// <param name="Rows">Tables whose rows were matched by token.</param>
/// <param name="Vocabularies">Vocabularies that were cut.</param>
/// <param name="UnknownTokens">Tokens to keep that no vocabulary has.</param>
/// <param name="Changes">Options that changed, one sentence each.</param>
/// <param name="Overflows">Tensors of donors in which numbers became infinite, cast to the base's element type.</param>
public sealed record GraftReport(
    WrittenCheckpoint File, IReadOnlyList<string> Parts, IReadOnlyList<LayerOrigin> Layers, IReadOnlyList<RowMatch> Rows, IReadOnlyList<VocabularyCut> Vocabularies,
    IReadOnlyList<string> UnknownTokens, IReadOnlyList<string> Changes, IReadOnlyList<CastOverflow> Overflows);
