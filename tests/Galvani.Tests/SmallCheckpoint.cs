namespace Galvani.Tests;

/// <summary>Writes checkpoints of a few options and tokens, without weights, for tests of what options mean.</summary>
internal static class SmallCheckpoint
{
    /// <summary>Writes <c>model.pt</c>: a vocabulary (of <paramref name="features"/>, too), and an <c>opt</c> of the values that <paramref name="options"/> writes, name and value in turn.</summary>
    /// <returns>Its path.</returns>
    public static string Write(TemporaryFolder folder, string[] tokens, Action<RawPickle> options, params string[][] features)
    {
        var pickle = RawPickle.Of(raw =>
        {
            raw.Op("}(").Text("vocab").Op("}(");
            foreach (var side in (string[])["src", "tgt"])
            {
                raw.Text(side).Op("](");
                foreach (var token in tokens)
                    raw.Text(token);
                raw.Op("e");
            }

            if (features.Length > 0)
            {
                raw.Text("src_feats").Op("](");
                foreach (var feature in features)
                    raw.List(feature);
                raw.Op("e");
            }

            raw.Op("u").Text("opt").Op("}(").Text("encoder_type").Text("transformer").Text("decoder_type").Text("transformer");
            options(raw);
            raw.Op("uu");
        });
        var path = folder.File("model.pt");
        File.WriteAllBytes(path, ZipBuilder.Torch(pickle).Build());
        return path;
    }

    /// <summary>A list of texts.</summary>
    public static RawPickle List(this RawPickle pickle, params string[] items)
    {
        pickle.Op("](");
        foreach (var item in items)
            pickle.Text(item);
        return pickle.Op("e");
    }

    /// <summary>A dictionary of texts.</summary>
    public static RawPickle Texts(this RawPickle pickle, params (string Name, string Value)[] entries)
    {
        pickle.Op("}(");
        foreach (var (name, value) in entries)
            pickle.Text(name).Text(value);
        return pickle.Op("u");
    }
}
