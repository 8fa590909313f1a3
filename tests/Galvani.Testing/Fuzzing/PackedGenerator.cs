namespace Galvani.Testing.Fuzzing;

/// <summary>Writes <c>.galvani</c> files with some number or text of the index, or some byte of the projection, set to what it is not.</summary>
internal static class PackedGenerator
{
    private static readonly Action<PackedBuilder, Random>[] Changes =
    [
        (file, random) => file.Version = ByteMutator.Extreme(random),
        (file, random) => file.Layout = ByteMutator.Extreme(random),
        (file, random) => file.ProjectionCount = random.Next(2) == 0 ? random.Next(4) : ByteMutator.Extreme(random),
        (file, random) => file.Outputs = random.Next(2) == 0 ? random.Next(40) : ByteMutator.Extreme(random),
        (file, random) => file.Inputs = random.Next(2) == 0 ? random.Next(40) : ByteMutator.Extreme(random),
        (file, random) => file.PartCount = random.Next(2) == 0 ? random.Next(4) : ByteMutator.Extreme(random),
        (file, random) => file.Parts = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new PackedPartEntry(random.Next(3), Pick(random, "/w", "/", "/v", ""), Pick(random, "0", "1", "")))],
        (file, random) => file.ChangeIndex = index => ByteMutator.Mutate(index, random),
        (file, random) => file.Projection = ByteMutator.Mutate(PackedBuilder.ProjectionOf(file.Format), random),
        (file, random) => file.Projection = new byte[random.Next(300)],
        (file, random) => file.Alignment = 1 << random.Next(9),
        (file, _) => file.IsDeflated = true,
        (file, random) => file.Storage = new byte[random.Next(30)],
        (file, random) => (file.Format, file.Storage) = (random.Next(3), Weights(random)),
        (file, random) => (file.Format, file.Storage, file.Parts) = (random.Next(3), Weights(random), [new(PackedBuilder.OutputCount, "/w", "")]),
        (file, _) => (file.Outputs, file.Parts) = (2 * PackedBuilder.OutputCount, [new(PackedBuilder.OutputCount, "/w", "0"), new(PackedBuilder.OutputCount, "/w", "0")]),
        (file, random) => file.Writer = new byte[random.Next(4) == 0 ? 5000 : random.Next(20)],
        (file, random) => file.EntryName = Pick(random, "archive/galvani/1", "archive/galvani/0x", "galvani/0"),
        (file, random) => file.Tensor = pickle => pickle.Tensor(Pick(random, "0", "1"), random.Next(10), random.Next(2), [random.Next(4), random.Next(4)], [random.Next(4), random.Next(4)], Pick(random, "FloatStorage", "HalfStorage")),
    ];

    public static byte[] Generate(Random random)
    {
        var file = new PackedBuilder { Format = random.Next(20) == 0 ? ByteMutator.Extreme(random) : random.Next(3) };
        if (random.Next(4) == 0)
            (file.Version, file.ProjectionFormat) = (2, 3);
        for (var i = random.Next(3); i > 0; i--)
            Changes[random.Next(Changes.Length)](file, random);
        return file.Build();
    }

    /// <summary>The weights 1 to 6 that the projection stands for, now and then another.</summary>
    private static byte[] Weights(Random random)
    {
        float[] weights = [1, 2, 3, 4, 5, 6];
        if (random.Next(2) == 0)
            weights[random.Next(weights.Length)] += random.Next(-1, 2);
        return [.. weights.SelectMany(BitConverter.GetBytes)];
    }

    private static string Pick(Random random, params string[] texts) => texts[random.Next(texts.Length)];
}
