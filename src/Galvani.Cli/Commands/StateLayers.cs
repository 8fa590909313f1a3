using Galvani.Cli.Hosting;

namespace Galvani.Cli.Commands;

/// <summary>The layers that an option lists.</summary>
internal static class StateLayers
{
    /// <summary>Reads a list such as <c>static,0,2-3,last</c>, or <c>all</c>.</summary>
    public static IReadOnlyList<StateLayer> Parse(string text, int layerCount)
    {
        if (text == "all")
            return [StateLayer.Static, .. Enumerable.Range(0, layerCount).Select(StateLayer.Of), StateLayer.Last];
        var chosen = text.Split(',').SelectMany(Range).ToList();
        if (chosen.Find(layer => layer.Number >= layerCount) is { Number: not null } missing)
            throw new UsageException($"--layers asks for layer {missing}, the model has {layerCount}, numbered from 0.");
        return chosen;

        IEnumerable<StateLayer> Range(string part)
        {
            if (StateLayer.TryParse(part, out var layer))
                return [layer];
            var ends = part.Split('-');
            if (ends.Length == 2 && StateLayer.TryParse(ends[0], out var first) && StateLayer.TryParse(ends[1], out var last) && first.Number is { } from && last.Number is { } to && to >= from && to < layerCount)
                return Enumerable.Range(from, to - from + 1).Select(StateLayer.Of);
            throw new UsageException($"'{part}' in --layers is no layer; expected static, last, numbers from 0 to {layerCount - 1}, ranges of them, or all.");
        }
    }
}
